"""A model's opinion of a draft: can it be sent as it is? Advisory: it decides nothing.

Only evals ask for it, of suites that say so, and its answer is recorded like any other. A judgement
stands on pieces of the draft, quoted word for word: without them, or with invented ones, it is
unsure. A judge that cannot be asked costs its judgement and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from aplomo.answer.evidence import locate_quote
from aplomo.conversation import shown
from aplomo.decision.model import Decision
from aplomo.errors import BadCompletion
from aplomo.evals.result import JUDGE, Judgement
from aplomo.llm.port import Completion, Message, Model, Request
from aplomo.llm.retry import Deadline, RetryPolicy, ask
from aplomo.prompt import Prompt, fence
from aplomo.protocol.model import in_language
from aplomo.reply import Reply
from aplomo.run import Kit
from aplomo.writer import LANGUAGE_NAMES

__all__ = ["PROMPTS", "Judge"]

PROMPTS = ("judge", "judge_task")
MOST_PROBLEMS = 3
_WORDS = {"type": "string", "maxLength": 160}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "problems": {
            "type": "array",
            "maxItems": MOST_PROBLEMS,
            "items": {
                "type": "object",
                "properties": {"quote": _WORDS, "problem": _WORDS},
                "required": ["quote", "problem"],
                "additionalProperties": False,
            },
        },
        "send": {"type": "string", "enum": ["yes", "no"]},
    },
    "required": ["problems", "send"],
    "additionalProperties": False,
}


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Judges the drafts of decisions made with `kit`, by one call of `model` each."""

    model: Model
    kit: Kit
    policy: RetryPolicy
    prompts: Mapping[str, Prompt]

    def judge(self, decision: Decision) -> Judgement | None:
        """What the model says of the decision's draft; None where there is no draft."""
        if decision.reply is None or decision.outcome is None:
            return None
        asked = ask(
            self.model,
            self._request(decision, decision.reply),
            _reading(decision.reply),
            self.policy,
            Deadline.after(self.policy.deadline),
        )
        if asked.value is None:
            return Judgement(verdict="unsure", reason=f"the model gave no judgement: {asked.error}")
        return asked.value

    def _request(self, decision: Decision, reply: Reply) -> Request:
        lang = decision.comment.lang or ""
        language = LANGUAGE_NAMES.get(lang, lang)
        system = self.prompts["judge"].render(brand=self.kit.brand.name, language=language)
        return Request(
            purpose=f"{JUDGE}{lang}",
            messages=(
                Message(role="system", content=system),
                Message(role="user", content=self._task(decision, reply, lang)),
            ),
            prefix=1,
            schema=SCHEMA,
            max_tokens=100 * (MOST_PROBLEMS + 1),
        )

    def _task(self, decision: Decision, reply: Reply, lang: str) -> str:
        assert decision.outcome is not None
        facts = [self.kit.facts[id_] for id_ in reply.draft.facts if id_ in self.kit.facts]
        stated = "".join(f"\n- {in_language(fact.statement, lang)}" for fact in facts)
        return self.prompts["judge_task"].render(
            goal=in_language(decision.outcome.goal, lang),
            facts=stated or "-",
            comment=shown(decision.comment).text,
            reply=fence(reply.text),
            private=fence(reply.private_text) if reply.private_text else "-",
        )


def _reading(reply: Reply) -> Callable[[Completion], Judgement]:
    """Reads a judgement of `reply`; raises BadCompletion when it is not what was asked for."""
    texts = [text for text in (reply.text, reply.private_text) if text]

    def read(completion: Completion) -> Judgement:
        given = completion.json_object("judgement")
        if (send := given.get("send")) not in ("yes", "no"):
            raise BadCompletion(f"the judgement is {str(send)[:40]!r}, not yes or no")
        return _judgement(_problems(given.get("problems")), texts, sendable=send == "yes")

    return read


def _judgement(
    said: Sequence[tuple[str, str]], texts: Sequence[str], *, sendable: bool
) -> Judgement:
    """What was said, as far as the draft bears it out."""
    found: list[tuple[str, str]] = []
    for quote, problem in said:
        located = next(filter(None, (locate_quote(quote, text) for text in texts)), None)
        if located is None:
            reason = f"the quoted problem is not in the draft: {quote[:80]!r}"
            return Judgement(verdict="unsure", reason=reason)
        found.append((located, problem))
    problems = tuple(found)
    if sendable and problems:
        return Judgement(verdict="unsure", problems=problems, reason="it may be sent all the same")
    if not sendable and not problems:
        return Judgement(verdict="unsure", reason="no problem is quoted")
    return Judgement(verdict="ready" if sendable else "not_ready", problems=problems)


def _problems(value: object) -> list[tuple[str, str]]:
    """The pairs of quote and problem; raises BadCompletion when they are no such list."""
    if not isinstance(value, list):
        raise BadCompletion("the judgement holds no list of problems")
    pairs: list[tuple[str, str]] = []
    for item in cast("list[Any]", value)[:MOST_PROBLEMS]:
        entry = cast("dict[str, Any]", item) if isinstance(item, dict) else {}
        quote, problem = entry.get("quote"), entry.get("problem")
        if not isinstance(quote, str) or not isinstance(problem, str):
            raise BadCompletion("a problem of the judgement has no quote")
        pairs.append((quote, problem))
    return pairs
