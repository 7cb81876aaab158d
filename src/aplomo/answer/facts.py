"""A question answered with facts in view: what the brand knows, against what the comment claims.

The facts are found by code and stand, each with its id, between the static instructions and the
comment. The model names the fact that covers the claim, and only such an answer counts: a claim
that no fact covers is unsure. The fact is the evidence.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aplomo.answer.calibration import Calibration
from aplomo.answer.logit import answer_logit
from aplomo.brand.model import Fact
from aplomo.comment import Comment
from aplomo.conversation import shown
from aplomo.errors import BadCompletion
from aplomo.llm.port import Completion, Message, Request
from aplomo.prompt import Prompt
from aplomo.protocol.model import Question, Verdict, in_language
from aplomo.walk import Answer

__all__ = ["FactReading", "FactRound", "uncovered"]

NONE = "none"
_TOP_LOGPROBS = 20
_MAX_TOKENS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class FactReading:
    """What the model said: the id of a fact that it was shown, None for no fact.

    `logit` is the log-odds of yes; None where the server gave no usable log-probabilities.
    """

    stated: Verdict
    fact: str | None
    logit: float | None


@dataclass(frozen=True)
class FactRound:
    """The round of one question that needs facts: the static part first, the facts after it."""

    question: Question
    prompt: Prompt

    @property
    def number(self) -> int:
        """The number of the round."""
        return self.question.round

    @cached_property
    def prefix(self) -> tuple[Message, ...]:
        """The instructions: the same bytes for every comment and whatever facts are found."""
        text = in_language(self.question.text, "en")
        system = self.prompt.render(question=text, label=self.question.label)
        return (Message(role="system", content=system),)

    @cached_property
    def sha256(self) -> str:
        """Hash of the static part, which the facts found are not: the key of a calibration."""
        parts = [[message.role, message.content] for message in self.prefix]
        packed = json.dumps([parts, self._schema([])], ensure_ascii=False)
        return hashlib.sha256(packed.encode()).hexdigest()

    def request(self, comment: Comment, facts: Sequence[Fact]) -> Request:
        """The request that asks of `comment` with `facts` in view, in the comment's language."""
        lines = [f"- {fact.id}: {in_language(fact.statement, comment.lang)}" for fact in facts]
        listed = "\n".join(lines)
        user = Message(role="user", content=f"Facts:\n{listed}\nComment:\n{shown(comment).text}")
        return Request(
            purpose=f"answer:{self.question.round}",
            messages=(*self.prefix, user),
            prefix=len(self.prefix),
            schema=self._schema([fact.id for fact in facts]),
            max_tokens=_MAX_TOKENS,
            top_logprobs=_TOP_LOGPROBS,
        )

    def parse(self, completion: Completion) -> FactReading:
        """Read the answer strictly. Raises BadCompletion when it is not what was asked for."""
        given = completion.json_object("answer")
        stated, fact = given.get(self.question.label), given.get("fact")
        if stated not in ("yes", "no"):
            raise BadCompletion(f"the answer is {str(stated)[:40]!r}, not yes or no")
        if not isinstance(fact, str):
            raise BadCompletion("the answer names no fact")
        logit = answer_logit(completion.tokens, self.question.label)
        return FactReading(stated=stated, fact=None if fact == NONE else fact, logit=logit)

    def read(
        self,
        reading: FactReading,
        comment: Comment,
        facts: Sequence[Fact],
        calibration: Calibration,
    ) -> Answer:
        """The reading as an answer, whose evidence is the fact; unsure where none covers it."""
        fact = next((fact for fact in facts if fact.id == reading.fact), None)
        if fact is None:
            named = f"the model named no fact that it was shown: {str(reading.fact)[:60]!r}"
            return uncovered(self.question, named if reading.fact else _UNCOVERED)
        curve = calibration.curve(self.question.id)
        verdict, sure, reason = curve.judged(reading.stated, reading.logit)
        return Answer(
            question=self.question.id,
            answer=verdict,
            by="model",
            confidence=sure,
            logit=None if reading.logit is None else round(reading.logit, 4),
            evidence=f"{fact.id}: {in_language(fact.statement, comment.lang)}",
            reason=reason,
            fact=fact.id,
        )

    def _schema(self, ids: Sequence[str]) -> dict[str, Any]:
        """JSON schema of the answer: the fact first, because it is what the answer is about."""
        answer: dict[str, Any] = {"type": "string", "enum": ["yes", "no"]}
        properties = {
            "fact": {"type": "string", "enum": [*ids, NONE]},
            self.question.label: answer,
        }
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }


_UNCOVERED = "no fact in the facts file covers what the comment claims"


def uncovered(question: Question, reason: str = _UNCOVERED) -> Answer:
    """The answer where no fact speaks of the claim: nothing is known, and nothing invented."""
    return Answer(question=question.id, answer="unsure", by="model", reason=reason)
