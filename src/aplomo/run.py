"""The one orchestrator: a comment is walked through a protocol, drafted, checked and recorded."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from aplomo.answer.ladder import Ladder, Rounds
from aplomo.brand.channel import channel_for
from aplomo.brand.facts import about
from aplomo.brand.model import Brand, Fact
from aplomo.check.base import Matter
from aplomo.comment import Comment
from aplomo.conversation import as_shown
from aplomo.decision.model import Decision, Route, status_of, why
from aplomo.effect import Call, Consult, Effects
from aplomo.language import detect
from aplomo.llm.port import Model, Price, Usage
from aplomo.llm.retry import Deadline, RetryPolicy, aask, ask
from aplomo.prompt import Prompt
from aplomo.protocol.model import Outcome, Protocol, Question, Verdict
from aplomo.reply import Composed, compose
from aplomo.walk import Answer, walk
from aplomo.writer import Writer

__all__ = ["Consulted", "Kit", "adrive", "decide", "drive", "prepared"]

Consulted = Callable[[Question, Comment], Verdict | None]
"""How a person is asked; None when nobody answers."""


@dataclass(frozen=True, kw_only=True)
class Kit:
    """Everything a decision is made with, the comment apart.

    `today` gives the day on which facts must hold; `price` what the model's tokens cost; without
    `rounds` no question is put to the model; with `write` off nothing is drafted; `recent` are the
    latest replies, not to be repeated.
    """

    protocol: Protocol
    brand: Brand
    facts: Mapping[str, Fact]
    prompts: Mapping[str, Prompt]
    model: Mapping[str, str]
    today: Callable[[], date]
    price: Price | None = None
    rounds: Rounds | None = None
    write: bool = True
    recent: tuple[str, ...] = ()


def decide(comment: Comment, kit: Kit, known: Mapping[str, Answer]) -> Effects[Decision]:
    """Decide one comment. `known` are answers already there (a person's, an earlier walk's)."""
    started = time.monotonic()
    comment = comment.in_language(_language(comment, kit.brand))
    ladder = Ladder(comment=comment, rounds=kit.rounds, known=known)
    route = yield from _walk(kit.protocol, ladder)
    composed = _nothing()
    if kit.write and route.outcome and route.outcome.action == "reply":
        composed = yield from _reply(comment, kit, route.outcome, _proved(ladder, route, kit))
    return _record(comment, kit, ladder, route, composed, time.monotonic() - started)


def _walk(protocol: Protocol, ladder: Ladder) -> Effects[Route]:
    """Walk to the outcome, or to a question that only a person can answer."""
    steps = walk(protocol)
    path: list[str] = []
    try:
        question = next(steps)
        while True:
            answer = yield from ladder.answer(question)
            if answer is None:
                return Route(path=tuple(path), outcome=None, pending=question.id)
            if question.id not in path:  # met again through a `same_as`
                path.append(question.id)
            question = steps.send(answer.answer)
    except StopIteration as stop:
        return Route(path=tuple(path), outcome=stop.value, pending=None)


def _proved(ladder: Ladder, route: Route, kit: Kit) -> tuple[Fact, ...]:
    """The facts that a yes on the path rests on: the reply says just those."""
    answers = [ladder.answers[name] for name in route.path]
    ids = [answer.fact for answer in answers if answer.answer == "yes" and answer.fact]
    return tuple(kit.facts[id_] for id_ in ids if id_ in kit.facts)


def _reply(
    comment: Comment, kit: Kit, outcome: Outcome, proved: tuple[Fact, ...]
) -> Effects[Composed]:
    lang = comment.lang or ""
    if lang not in kit.protocol.languages or lang not in kit.brand.languages:
        return _nothing(f"no reply can be drafted in language '{lang}'")
    writer, matter = prepared(comment, kit, outcome, proved)
    if outcome.facts == "required" and not writer.facts:
        return _nothing("no fact in the facts file covers this")
    return (yield from compose(writer, matter))


def prepared(
    comment: Comment, kit: Kit, outcome: Outcome, proved: tuple[Fact, ...] = ()
) -> tuple[Writer, Matter]:
    """How a reply to `comment` (of known language) is written, and what it is judged against.

    `proved` are the facts that it is about, where an answer rests on some; others are looked up.
    """
    lang, today = comment.lang or "", kit.today()
    relevant = () if outcome.facts == "none" else proved or about(kit.facts, comment, today)
    writer = Writer(
        prompts=kit.prompts,
        brand=kit.brand,
        channel=channel_for(kit.brand, comment.channel),
        outcome=outcome,
        outcomes=kit.protocol.outcomes,
        elements=kit.protocol.elements,
        lang=lang,
        facts=relevant,
        known=kit.facts,
    )
    matter = Matter(
        comment=as_shown(comment),
        lang=lang,
        outcome=outcome,
        elements=kit.protocol.elements,
        brand=kit.brand,
        channel=writer.channel,
        facts={name: fact for name, fact in kit.facts.items() if fact.holds(today)},
        prompt=writer.instructions,
        recent=kit.recent,
    )
    return writer, matter


def _record(
    comment: Comment,
    kit: Kit,
    ladder: Ladder,
    route: Route,
    composed: Composed,
    seconds: float,
) -> Decision:
    usage = ladder.usage + composed.usage
    protocol = kit.protocol
    reached = ladder.reached or composed.usage.calls > 0
    used = (ladder.prompts if ladder.reached else set[str]()) | set(composed.prompts)
    status = status_of(route, composed.reply, drafted=kit.write)
    notes = [*ladder.notes, *composed.notes]
    if ladder.swayed is not None and reached:
        notes.insert(0, ladder.swayed)
        status = "needs_human" if _leans_on_model(ladder, route, composed) else status
    return Decision(
        id=f"d-{uuid.uuid4().hex}",
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        comment=comment,
        protocol={"id": protocol.id, "version": protocol.version, "sha256": protocol.sha256},
        answers=ladder.answers,
        path=route.path,
        outcome=route.outcome,
        status=status,
        why=why(route, ladder.answers, comment.lang),
        reply=composed.reply,
        pending=route.pending,
        notes=tuple(notes),
        model=kit.model if reached else None,
        prompts={name: kit.prompts[name].sha256 for name in sorted(used)},
        calibration=ladder.calibrated,
        usage=usage,
        seconds=seconds,
        cost=kit.price.of(usage) if kit.price else None,
        undecided=ladder.failed and status == "needs_human",
    )


def _leans_on_model(ladder: Ladder, route: Route, composed: Composed) -> bool:
    """Whether anything of the decision is the model's word."""
    written = composed.reply is not None and composed.reply.draft.origin == "model"
    return written or any(ladder.answers[name].by == "model" for name in route.path)


def drive(
    steps: Effects[Decision], model: Model, policy: RetryPolicy, consulted: Consulted
) -> Decision:
    """Run `decide` to its end, blocking."""
    deadline = Deadline.after(policy.deadline)
    result: Any = None
    while True:
        try:
            effect = steps.send(result)
        except StopIteration as stop:
            return stop.value
        if isinstance(effect, Call):
            result = ask(model, effect.request, effect.parse, policy, deadline)
        else:
            result, took = _consult(effect, consulted)
            deadline = deadline.later(took)


async def adrive(
    steps: Effects[Decision], model: Model, policy: RetryPolicy, consulted: Consulted
) -> Decision:
    """The async twin of `drive`."""
    deadline = Deadline.after(policy.deadline)
    result: Any = None
    while True:
        try:
            effect = steps.send(result)
        except StopIteration as stop:
            return stop.value
        if isinstance(effect, Call):
            result = await aask(model, effect.request, effect.parse, policy, deadline)
        else:
            result, took = _consult(effect, consulted)
            deadline = deadline.later(took)


def _consult(effect: Consult, consulted: Consulted) -> tuple[Verdict | None, float]:
    """What a person answers, and the seconds they took, which the model is not charged with."""
    began = time.monotonic()
    return consulted(effect.question, effect.comment), time.monotonic() - began


def _language(comment: Comment, brand: Brand) -> str:
    """The comment's own, else that of what the person said before it, else the brand's first."""
    if comment.lang:
        return comment.lang
    earlier = "\n".join(comment.said[:-1])
    found = detect(comment.text, brand.languages) or detect(earlier, brand.languages)
    return found or brand.languages[0]


def _nothing(*notes: str) -> Composed:
    return Composed(reply=None, usage=Usage(), notes=notes, prompts=())
