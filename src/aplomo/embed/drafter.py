"""The Python surface: a Drafter turns comments into decisions."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aplomo.answer.calibration import Calibration, load_calibration
from aplomo.answer.facts import FactRound
from aplomo.answer.judge import Round
from aplomo.answer.ladder import Rounds
from aplomo.brand.facts import about
from aplomo.brand.model import Brand, Fact
from aplomo.comment import Comment
from aplomo.decision.model import Decision
from aplomo.effect import Effects
from aplomo.errors import UsageError
from aplomo.llm.port import Model, Price
from aplomo.llm.retry import RetryPolicy
from aplomo.protocol.model import Protocol, Question, Verdict
from aplomo.run import Consulted, Kit, adrive, decide, drive
from aplomo.walk import Answer
from aplomo.watch import Watch, watched
from aplomo.workspace import Workspace

if TYPE_CHECKING:
    from aplomo.embed.runnable import DraftRunnable
    from aplomo.llm.settings import ModelSettings

__all__ = ["Drafter"]


def nobody(question: Question, comment: Comment) -> None:
    """Ask no one: a question that only a person can answer stays pending."""


class Drafter:
    """Walks a protocol for each comment and drafts the reply. Never sends anything.

    Every part may be given; what is not comes from the workspace of the current folder, or from
    the shipped examples. `model` is a Model, any LangChain chat model, or ModelSettings. With
    `ask_model` off a person answers in the model's place, and with `write` off nothing is drafted.
    `consult` is how a person is asked; `remember` how many of the latest replies are kept, so that
    a new one that repeats them is found; `watch` sees each decision and model call, for traces.

    Raises ConfigError (DocumentError) when a protocol, brand or facts file is refused.
    """

    def __init__(  # noqa: PLR0913 -- the public surface: every part by its name, all optional
        self,
        *,
        protocol: Protocol | str | None = None,
        brand: Brand | Path | None = None,
        facts: Mapping[str, Fact] | Path | None = None,
        model: "Model | ModelSettings | Any" = None,
        policy: RetryPolicy | None = None,
        workspace: Workspace | None = None,
        ask_model: bool = True,
        write: bool = True,
        consult: Consulted = nobody,
        today: Callable[[], date] = date.today,
        remember: int = 20,
        watch: Watch | None = None,
    ) -> None:
        place = workspace or Workspace.find()
        self.workspace = place
        self.model, chosen, price = _model(model, place)
        self.policy = policy or chosen
        self._consult = consult
        self._watch = watch
        self._recent: deque[tuple[str, str]] = deque(maxlen=remember)
        voice = brand if isinstance(brand, Brand) else place.brand(brand)
        self.kit = Kit(
            protocol=protocol if isinstance(protocol, Protocol) else place.protocol(protocol),
            brand=voice,
            facts=facts if isinstance(facts, Mapping) else place.facts(voice, facts),
            prompts=place.prompts,
            model={"name": self.model.name, "base_url_host": self.model.host},
            today=today,
            price=price,
            write=write,
        )
        if ask_model:
            self.kit = replace(self.kit, rounds=self._rounds())

    @classmethod
    def from_workspace(cls, folder: Path | None = None, **parts: Any) -> "Drafter":
        """A Drafter from the `aplomo.toml` of `folder` (default: current) or its parents."""
        return cls(workspace=Workspace.find(folder), **parts)

    def draft(self, comment: Comment, answers: Mapping[str, Verdict] | None = None) -> Decision:
        """Decide one comment. `answers` are a person's, by question id.

        A model that fails is in the decision, never raised. Raises UsageError on an unknown
        question id.
        """
        return self._decide(comment, self._known(answers))

    async def adraft(
        self, comment: Comment, answers: Mapping[str, Verdict] | None = None
    ) -> Decision:
        """The async twin of `draft`."""
        with closing(self._steps(comment, self._known(answers))) as steps:
            return self._remembered(await adrive(steps, self.model, self.policy, self._consult))

    def draft_many(
        self, comments: Iterable[Comment], *, concurrency: int = 1
    ) -> Iterator[Decision]:
        """Decisions in the order of `comments`, at most `concurrency` at a time."""
        with ThreadPoolExecutor(max_workers=concurrency) as pool:
            waiting: list[Future[Decision]] = []
            for comment in comments:
                waiting.append(pool.submit(self.draft, comment))
                if len(waiting) > concurrency:
                    yield waiting.pop(0).result()
            for future in waiting:
                yield future.result()

    async def adraft_many(
        self, comments: Iterable[Comment], *, concurrency: int = 1
    ) -> list[Decision]:
        """The async twin of `draft_many`."""
        gate = asyncio.Semaphore(concurrency)

        async def one(comment: Comment) -> Decision:
            async with gate:
                return await self.adraft(comment)

        return await asyncio.gather(*(one(comment) for comment in comments))

    def resume(self, decision: Decision, answers: Mapping[str, Verdict]) -> Decision:
        """Walk `decision`'s comment again with a person's answers added to what is known.

        Raises UsageError when the protocol has changed since, or when an answer is not needed.
        """
        if decision.protocol["sha256"] != self.kit.protocol.sha256:
            raise UsageError(
                "the protocol has changed since this decision", hint="draft the comment again"
            )
        known = {**decision.answers, **self._known(answers)}
        resumed = self._decide(decision.comment, known)
        if unused := sorted(set(answers) - set(resumed.path) - {resumed.pending}):
            raise UsageError(f"answers that the walk did not need: {', '.join(unused)}")
        return resumed

    def as_runnable(self) -> "DraftRunnable":
        """This Drafter as a LangChain Runnable, from a comment (or its text) to a Decision."""
        from aplomo.embed.runnable import DraftRunnable

        return DraftRunnable(self)

    def close(self) -> None:
        """Release the model, if it holds anything."""
        if (close := getattr(self.model, "close", None)) is not None:
            close()

    def _decide(self, comment: Comment, known: Mapping[str, Answer]) -> Decision:
        with closing(self._steps(comment, known)) as steps:
            return self._remembered(drive(steps, self.model, self.policy, self._consult))

    def _steps(self, comment: Comment, known: Mapping[str, Answer]) -> Effects[Decision]:
        steps = decide(comment, self._kit_for(comment), known)
        return watched(steps, comment, self.model, self._watch)

    def _kit_for(self, comment: Comment) -> Kit:
        """The kit, with the latest replies to other comments: none of them may be repeated."""
        recent = [text for id_, text in tuple(self._recent) if id_ != comment.id]
        return replace(self.kit, recent=tuple(recent)) if recent else self.kit

    def _remembered(self, decision: Decision) -> Decision:
        if decision.status == "ready" and decision.reply is not None:
            self._recent.append((decision.comment.id, decision.reply.text))
        return decision

    def _known(self, answers: Mapping[str, Verdict] | None) -> Mapping[str, Answer]:
        """A person's answers as Answer values. Raises UsageError on an unknown id or verdict."""
        questions = self.kit.protocol.questions
        for name, verdict in (answers or {}).items():
            if name not in questions:
                raise UsageError(
                    f"no question '{name}' in {self.kit.protocol.id}",
                    hint=f"questions: {', '.join(questions)}",
                )
            if verdict not in ("yes", "no", "unsure"):
                raise UsageError(f"the answer to '{name}' must be yes, no or unsure")
        return {
            name: Answer(question=name, answer=verdict, by="human")
            for name, verdict in (answers or {}).items()
        }

    def _rounds(self) -> Rounds:
        kit = self.kit
        folders = self.workspace.folders("calibration")

        @lru_cache
        def round_(number: int) -> Round:
            return Round(kit.protocol, number, kit.prompts["answer"], kit.prompts["state"])

        @lru_cache
        def calibration(number: int, sha256: str) -> Calibration:
            return load_calibration(kit.protocol.id, self.model.name, number, sha256, folders)

        return Rounds(
            round=round_,
            with_facts=lambda question: FactRound(question, kit.prompts["facts"]),
            about=lambda comment: about(kit.facts, comment, kit.today()),
            calibration=lambda asked: calibration(asked.number, asked.sha256),
        )


def _model(model: Any, workspace: Workspace) -> tuple[Model, RetryPolicy, Price | None]:
    """The model to use, and the retry policy and the price that its settings name."""
    from aplomo.llm.open import as_model, open_model
    from aplomo.llm.settings import ModelSettings

    settings = model if isinstance(model, ModelSettings) else workspace.model_settings()
    if model is None or model is settings:
        return open_model(settings), settings.policy(), settings.price
    return as_model(model), RetryPolicy(), None
