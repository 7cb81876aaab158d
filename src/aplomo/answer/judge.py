"""The model's rung: every model question of a round, answered in one structured call."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from aplomo.answer.calibration import Calibration
from aplomo.answer.evidence import locate_quote
from aplomo.answer.logit import answer_logit
from aplomo.comment import Comment
from aplomo.conversation import quotable, shown
from aplomo.errors import BadCompletion
from aplomo.llm.port import Completion, Message, Request
from aplomo.prompt import Prompt, fence
from aplomo.protocol.model import Protocol, Question, Verdict, in_language
from aplomo.walk import Answer

__all__ = ["Reading", "Round", "read_round"]

TOP_LOGPROBS = 20
LONGEST_QUOTE = 120
"""Characters of one quote: enough to show why, and no time lost on copying whole comments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the model said in one round, by question id.

    `logits` are the log-odds of yes; None where the server gave no usable log-probabilities.
    `state` is the model's hidden state after the comment, empty where it was not asked for.
    """

    stated: Mapping[str, Verdict]
    quotes: Mapping[str, str]
    logits: Mapping[str, float | None]
    state: tuple[float, ...] = ()


@dataclass(frozen=True)
class Round:
    """One round of a protocol as a prompt: the static part first, the comment last.

    `reading` is the prompt under which the model only reads the comment.
    """

    protocol: Protocol
    number: int
    prompt: Prompt
    reading: Prompt

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions asked together, in the protocol's order."""
        return tuple(self.protocol.round(self.number))

    @cached_property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the answer: one yes/no per question, then quotes for the yeses."""
        labels = [question.label for question in self.questions]
        answers: dict[str, Any] = {
            label: {"type": "string", "enum": ["yes", "no"]} for label in labels
        }
        quote = {"type": "string", "maxLength": LONGEST_QUOTE}
        quotes: dict[str, Any] = {**_object(dict.fromkeys(labels, quote)), "required": []}
        return _object({**answers, "quotes": quotes})

    @cached_property
    def prefix(self) -> tuple[Message, ...]:
        """Instructions and worked examples: the same bytes for every comment, so servers cache."""
        lines = [f"- {q.label}: {in_language(q.text, 'en')}" for q in self.questions]
        shape = ",".join(f'"{question.label}":"yes|no"' for question in self.questions)
        shape = f'{{{shape},"quotes":{{"...":"..."}}}}'
        system = self.prompt.render(questions="\n".join(lines), shape=shape)
        messages = [Message(role="system", content=system)]
        for text, marked in self._examples():
            messages.append(Message(role="user", content=fence(text)))
            messages.append(Message(role="assistant", content=self._worked(marked)))
        return tuple(messages)

    @cached_property
    def sha256(self) -> str:
        """Hash of the static part and the schema: the key of a calibration."""
        parts = [[message.role, message.content] for message in self.prefix]
        packed = json.dumps([parts, self.schema, self.reading.text], ensure_ascii=False)
        return hashlib.sha256(packed.encode()).hexdigest()

    def request(self, comment: Comment) -> Request:
        """The request that asks this round of `comment`."""
        user = Message(role="user", content=shown(comment).text)
        return Request(
            purpose=f"answer:{self.number}",
            messages=(*self.prefix, user),
            prefix=len(self.prefix),
            schema=self.schema,
            max_tokens=64 + 60 * len(self.questions),
            top_logprobs=TOP_LOGPROBS,
        )

    def state_request(self, comment: Comment) -> Request:
        """The request that has the model read `comment`, to ask what state it is then in."""
        text = self.reading.render(comment=shown(comment).text)
        return Request(purpose="state", messages=(Message(role="user", content=text),), state=True)

    def parse(self, completion: Completion) -> Reading:
        """Read the answer strictly. Raises BadCompletion when it is not what was asked for."""
        given = completion.json_object("answer")
        quotes = _quotes(given.get("quotes"))
        return Reading(
            stated={q.id: _stated(given.get(q.label), q.id) for q in self.questions},
            quotes={q.id: quotes[q.label] for q in self.questions if q.label in quotes},
            logits={q.id: answer_logit(completion.tokens, q.label) for q in self.questions},
        )

    def _examples(self) -> list[tuple[str, dict[str, str]]]:
        """Each example text once, with the evidence of every question it is a yes to.

        A text is "no" to the questions that do not list it under yes. The order is fixed by a hash
        of the text, so that neither languages nor answers come in runs.
        """
        marked: dict[str, dict[str, str]] = {}
        for question in self.questions:
            for example in (*question.yes_examples, *question.no_examples):
                marked.setdefault(example.text, {})
            for example in question.yes_examples:
                marked[example.text][question.label] = example.evidence or example.text
        return sorted(marked.items(), key=lambda item: hashlib.sha256(item[0].encode()).digest())

    def _worked(self, marked: Mapping[str, str]) -> str:
        answers: dict[str, Any] = {
            question.label: "yes" if question.label in marked else "no"
            for question in self.questions
        }
        labels = [question.label for question in self.questions]
        answers["quotes"] = {label: marked[label] for label in labels if label in marked}
        return json.dumps(answers, ensure_ascii=False, separators=(",", ":"))


def read_round(reading: Reading, comment: Comment, calibration: Calibration) -> dict[str, Answer]:
    """Turn a reading into answers: calibrated where log-probabilities came, evidence verified."""
    return {
        question: _answer(question, stated, reading, comment, calibration)
        for question, stated in reading.stated.items()
    }


def _answer(
    question: str, stated: Verdict, reading: Reading, comment: Comment, calibration: Calibration
) -> Answer:
    logit = reading.logits[question]
    curve = calibration.curve(question)
    verdict, confidence, reason = curve.judged(stated, logit, reading.state)
    quote = reading.quotes.get(question)
    evidence = _located(quote, comment) if quote else None
    if verdict == "yes" and quote and evidence is None:
        verdict, reason = "unsure", f"the quoted evidence is not in the comment: {quote[:80]!r}"
    return Answer(
        question=question,
        answer=verdict,
        by="model",
        confidence=confidence,
        logit=None if logit is None else round(logit, 4),
        evidence=evidence if verdict == "yes" else None,
        reason=reason,
    )


def _located(quote: str, comment: Comment) -> str | None:
    """The quoted piece of the comment, or of what the person said before it."""
    found = (locate_quote(quote, text) for text in quotable(comment))
    return next(filter(None, found), None)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _stated(value: object, question: str) -> Verdict:
    if value in ("yes", "no"):
        return cast("Verdict", value)
    raise BadCompletion(f"the answer to {question} is {str(value)[:40]!r}, not yes or no")


def _quotes(value: object) -> dict[str, str]:
    given = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return {label: quote for label, quote in given.items() if isinstance(quote, str) and quote}
