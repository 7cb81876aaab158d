"""A reply as a person corrected it: which checks it mends, and so what a draft must hold to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aplomo.check import run_checks
from aplomo.comment import Comment
from aplomo.draft import Draft, private_words, signed
from aplomo.errors import UsageError
from aplomo.run import Kit, prepared

__all__ = ["Corrected", "corrected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What a person's reply tells: checks to ask of a draft, and what the checks say against it."""

    checks: tuple[str, ...]
    against: tuple[str, ...]


def corrected(
    reply: str, comment: Comment, kit: Kit, record: Mapping[str, Any], outcome: str | None
) -> Corrected:
    """Judge `reply` to the `comment` of the decision `record`, under `outcome` or the record's own.

    Expected of a draft are "ready", since a person would send this one, and the checks in which the
    recorded draft failed and this reply does not. What fails in it too cannot be expected.
    Raises UsageError when that outcome has no reply.
    """
    recorded: Mapping[str, Any] = record.get("outcome") or {}
    id_ = outcome or recorded.get("id")
    leaf = kit.protocol.outcomes.get(id_ or "")
    if leaf is None or leaf.action != "reply":
        hint = "name the outcome that has one: --outcome ID"
        raise UsageError(f"the outcome '{id_}' has no reply to correct", hint=hint)
    lang = comment.lang or kit.brand.languages[0]
    writer, matter = prepared(comment.in_language(lang), kit, leaf)
    draft = Draft(
        text=reply.strip(),
        private_text=private_words(leaf, kit.brand, lang, writer.facts),
        facts=tuple(fact.id for fact in writer.facts),
    )
    findings = run_checks(signed(draft, kit.brand, lang), matter)
    passed = {finding.check for finding in findings if finding.passed}
    before: Mapping[str, Any] = record.get("reply") or {}
    failed = [one["check"] for one in before.get("checks", ()) if not one["passed"]]
    return Corrected(
        checks=("ready", *(name for name in failed if name in passed)),
        against=tuple(f"{f.check}: {f.detail}" for f in findings if not f.passed),
    )
