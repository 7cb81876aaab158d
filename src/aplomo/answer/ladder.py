"""Who answers a question: the rungs rule → model → human, climbed until one is sure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from aplomo.answer.calibration import Calibration
from aplomo.answer.facts import FactReading, FactRound, uncovered
from aplomo.answer.instruction import instruction_in
from aplomo.answer.judge import Reading, Round, read_round
from aplomo.answer.rule import by_rule
from aplomo.brand.model import Fact
from aplomo.comment import Comment
from aplomo.conversation import shown
from aplomo.effect import Call, Consult, Effects
from aplomo.llm.port import Completion, Usage
from aplomo.llm.retry import Asked
from aplomo.protocol.model import Question, Verdict
from aplomo.walk import Answer

__all__ = ["SILENCE", "Ladder", "Rounds"]

SILENCE = "the model gave no answer"
"""How the note of a model that failed begins; why follows."""


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """The model's rung of one protocol: its rounds as prompts, and their calibration.

    `about` finds the facts that a comment is about, for the questions that need them in view.
    """

    round: Callable[[int], Round]
    with_facts: Callable[[Question], FactRound]
    about: Callable[[Comment], Sequence[Fact]]
    calibration: Callable[[Round | FactRound], Calibration]


@dataclass(kw_only=True)
class Ladder:
    """Answers the questions of one comment, and keeps what was obtained on the way.

    `known` answers come before every rung: a person's, or those of an earlier walk. Without
    `rounds` a person answers in the model's place. `answers` collects every answer, on the path or
    not, `prompts` the names of those used.
    """

    comment: Comment
    rounds: Rounds | None
    known: Mapping[str, Answer] = field(default_factory=dict[str, Answer])
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    usage: Usage = field(default_factory=Usage)
    notes: list[str] = field(default_factory=list[str])
    failed: bool = False
    prompts: set[str] = field(default_factory=set[str])
    _climbed: dict[str, Answer | None] = field(default_factory=dict[str, "Answer | None"])
    _asked: dict[int, dict[str, Answer]] = field(default_factory=dict[int, dict[str, Answer]])
    _calibrations: set[str] = field(default_factory=set[str])
    _state: tuple[float, ...] | None = None
    _sensed: str | None = None

    def __post_init__(self) -> None:
        self.answers.update(self.known)

    @property
    def swayed(self) -> str | None:
        """Why the model's word decides nothing on this comment; None when it does."""
        return self._seen or self._sensed

    @cached_property
    def _seen(self) -> str | None:
        found = instruction_in(self.comment)
        return found and f"the comment contains text addressed to the model: “{found}”"

    @property
    def reached(self) -> bool:
        """Whether the model has read the comment: it has answered, or told its state."""
        return bool(self.usage.calls or self._state)

    @property
    def calibrated(self) -> str:
        """What the rounds' calibration was: of several, the one to trust least."""
        return next((s for s in ("stale", "none", "fitted") if s in self._calibrations), "none")

    def answer(self, question: Question) -> Effects[Answer | None]:
        """The answer to one question, found once; None when only a person could answer it."""
        if question.id in self.known:
            return self.known[question.id]
        if question.id not in self._climbed:
            self._climbed[question.id] = yield from self._climb(question)
        return self._climbed[question.id]

    def _climb(self, question: Question) -> Effects[Answer | None]:
        last: Answer | None = None
        for rung in question.ask:
            if rung == "model" and last is not None and last.by == "model":
                continue  # its state has spoken, and what it writes is weighed by the same curve
            if (tried := (yield from self._try(rung, question))) is not None:
                last = self.answers[question.id] = tried
                if tried.answer != "unsure":
                    break
        return last

    def _try(self, rung: str, question: Question) -> Effects[Answer | None]:
        if rung == "rule":
            return by_rule(question, self.comment)
        if rung == "probe" and self.rounds:
            return (yield from self._by_probe(question, self.rounds))
        if rung == "model" and self.rounds:
            return (yield from self._by_model(question, self.rounds))
        verdict: Verdict | None = yield Consult(question=question, comment=self.comment)
        return verdict and Answer(question=question.id, answer=verdict, by="human")

    def _by_probe(self, question: Question, rounds: Rounds) -> Effects[Answer | None]:
        """What the state tells; None where no probe is fitted for it, or there is no state."""
        round_ = rounds.round(question.round)
        calibration = rounds.calibration(round_)
        curve = calibration.curve(question.id)
        if not curve.probe:
            return None
        state = yield from self._sense(round_, calibration)
        verdict, confidence, reason = curve.judged("unsure", None, state)
        if confidence is None:
            return None
        self._calibrations.add(calibration.status)
        return self._unswayed(
            Answer(
                question=question.id,
                answer=verdict,
                by="model",
                confidence=confidence,
                reason=reason,
            )
        )

    def _by_model(self, question: Question, rounds: Rounds) -> Effects[Answer]:
        """The model's answer, out of the one call that answers the question's whole round."""
        number = question.round
        if number not in self._asked:
            if question.facts == "required":
                asked = {question.id: (yield from self._ask_with_facts(question, rounds))}
            else:
                asked = yield from self._ask(rounds.round(number), rounds)
            self._asked[number] = asked
            for name, answer in self._asked[number].items():
                self.answers.setdefault(name, answer)
        return self._asked[number][question.id]

    def _ask(self, round_: Round, rounds: Rounds) -> Effects[dict[str, Answer]]:
        """Ask one round; a failed model leaves each of its questions unsure, with the reason."""
        self._note_what_is_left_out()
        asked: Asked[Reading] = yield Call(request=round_.request(self.comment), parse=round_.parse)
        self.usage += asked.usage
        self.prompts.add("answer")
        if asked.value is None:
            reason = self._silent(asked.error)
            return {
                q.id: Answer(question=q.id, answer="unsure", by="model", reason=reason)
                for q in round_.questions
            }
        calibration = rounds.calibration(round_)
        self._calibrations.add(calibration.status)
        if calibration.status != "fitted":
            self.notes.append(f"confidence is not calibrated (calibration: {calibration.status})")
        reading = asked.value
        if calibration.probes:
            reading = replace(reading, state=(yield from self._sense(round_, calibration)))
        answers = read_round(reading, self.comment, calibration)
        return {name: self._unswayed(answer) for name, answer in answers.items()}

    def _ask_with_facts(self, question: Question, rounds: Rounds) -> Effects[Answer]:
        """Ask the one question with the facts that the comment is about; without any, nothing."""
        facts = rounds.about(self.comment)
        if not facts:
            return uncovered(question)
        round_ = rounds.with_facts(question)
        request = round_.request(self.comment, facts)
        asked: Asked[FactReading] = yield Call(request=request, parse=round_.parse)
        self.usage += asked.usage
        self.prompts.add("facts")
        if asked.value is None:
            return uncovered(question, self._silent(asked.error))
        fitted = rounds.calibration(round_)
        if fitted.status != "fitted":
            self.notes.append(f"confidence of {question.id} is not calibrated ({fitted.status})")
        return self._unswayed(round_.read(asked.value, self.comment, facts, fitted))

    def _silent(self, error: object) -> str:
        """What a model that failed leaves behind: a note, which is the reason of its answers."""
        self.failed = True
        reason = f"{SILENCE}: {error}"
        self.notes.append(reason)
        return reason

    def _sense(self, round_: Round, calibration: Calibration) -> Effects[tuple[float, ...]]:
        """The state, and with it whether the comment speaks to the model."""
        state = yield from self._read(round_)
        self._sensed = self._sensed or calibration.instruction_in(state)
        return state

    def _read(self, round_: Round) -> Effects[tuple[float, ...]]:
        """The model's hidden state after the comment; empty, with a note, where it gives none."""
        if self._state is None:
            self._note_what_is_left_out()
            request = round_.state_request(self.comment)
            asked: Asked[Completion] = yield Call(request=request, parse=lambda done: done)
            self.usage += asked.usage
            self.prompts.add("state")
            self._state = asked.value.state if asked.value else ()
            if not self._state:
                self.notes.append(f"the model did not tell its state: {asked.error}")
        return self._state

    def _note_what_is_left_out(self) -> None:
        self.notes += [note for note in shown(self.comment).notes if note not in self.notes]

    def _unswayed(self, answer: Answer) -> Answer:
        """The model's answer as unsure where the comment tells the model what to answer."""
        if self.swayed is None:
            return answer
        reason = f"the model said {answer.answer}, but {self.swayed}"
        return replace(answer, answer="unsure", reason=reason)
