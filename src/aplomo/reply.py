"""From an outcome to a reply that may be shown: draft, checks, one repair, then the template."""

from dataclasses import dataclass
from typing import Any

from aplomo.check import run_checks
from aplomo.check.base import Finding, Matter
from aplomo.check.mend import mended
from aplomo.draft import Draft, from_template, signed
from aplomo.effect import Call, Effects
from aplomo.llm.port import Request, Usage
from aplomo.llm.retry import Asked
from aplomo.writer import Writer

__all__ = ["REPLACED", "Composed", "Reply", "compose"]

REPLACED = "the template replaced the model's draft: "
"""How the note begins that a template leaves; what was found wrong follows, joined by "; "."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A draft with what every check found on it."""

    draft: Draft
    findings: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """The public reply."""
        return self.draft.text

    @property
    def private_text(self) -> str | None:
        """The private follow-up, where the outcome asks for one."""
        return self.draft.private_text

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(finding.passed for finding in self.findings)

    @property
    def failures(self) -> tuple[str, ...]:
        """What was found wrong, one readable line each."""
        return tuple(f"{f.check}: {f.detail}" for f in self.findings if not f.passed)

    def to_dict(self) -> dict[str, Any]:
        """The `reply` part of the decision record."""
        return {
            "text": self.draft.text,
            "private_text": self.draft.private_text,
            "origin": self.draft.origin,
            "facts": list(self.draft.facts),
            "checks": [
                {"check": f.check, "passed": f.passed, "detail": f.detail} for f in self.findings
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What composing gave: a reply (perhaps one that failed), the calls it took, what to know."""

    reply: Reply | None
    usage: Usage
    notes: tuple[str, ...]
    prompts: tuple[str, ...]


def compose(writer: Writer, matter: Matter) -> Effects[Composed]:
    """Write the reply for `writer`'s outcome; at most one draft and one repair are asked for."""
    composer = _Composer(writer, matter)
    reply = yield from composer.reply()
    return Composed(
        reply=reply,
        usage=composer.usage,
        notes=tuple(composer.notes),
        prompts=tuple(composer.prompts),
    )


class _Composer:
    def __init__(self, writer: Writer, matter: Matter) -> None:
        self.writer = writer
        self.matter = matter
        self.usage = Usage()
        self.notes: list[str] = []
        self.prompts: list[str] = []

    def reply(self) -> Effects[Reply | None]:
        """The model's reply when it passes, else the template's, else the one that failed.

        Where facts may be cited and none is there, the model would invent: the template speaks.
        """
        writer = self.writer
        template = from_template(writer.outcome, writer.brand, writer.lang, writer.facts)
        if template is not None and writer.outcome.facts == "optional" and not writer.facts:
            self.notes.append("no fact covers this: the outcome's own words")
            return self._checked(template)
        written = yield from self._by_model()
        if written is not None and written.passed:
            return written
        if template is None:
            return written
        if written is not None:
            self.notes.append(REPLACED + "; ".join(written.failures))
        return self._checked(template)

    def _by_model(self) -> Effects[Reply | None]:
        request = self.writer.request(self.matter.comment)
        self.prompts += ["draft", "task"]
        draft = yield from self._write(request)
        if draft is None:
            return None
        first = self._mended(draft)
        if first.passed:
            return first
        self.prompts.append("repair")
        again = yield from self._write(self.writer.again(request, draft, first.failures))
        return self._mended(again) if again else first

    def _write(self, request: Request) -> Effects[Draft | None]:
        asked: Asked[Draft] = yield Call(request=request, parse=self.writer.parse)
        self.usage += asked.usage
        if asked.value is None:
            self.notes.append(f"the model wrote no draft: {asked.error}")
        return asked.value

    def _mended(self, draft: Draft) -> Reply:
        """The reply as code can mend it, where that makes a good one; else as it was written."""
        better = mended(draft, self.matter)
        if better != draft and (reply := self._checked(better)).passed:
            self.notes.append(f"the model's draft was mended; it was: {draft.text}")
            return reply
        return self._checked(draft)

    def _checked(self, draft: Draft) -> Reply:
        complete = signed(draft, self.writer.brand, self.writer.lang)
        return Reply(draft=complete, findings=run_checks(complete, self.matter))
