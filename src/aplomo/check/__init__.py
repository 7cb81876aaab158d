"""Gates on every draft: pure functions of a draft and what it is judged against."""

from aplomo.check.base import Check, Finding, Matter
from aplomo.check.copies import comment_copy, reply_copy
from aplomo.check.ending import disclosure, signature
from aplomo.check.grounding import facts, links, names, numbers
from aplomo.check.machine import markup, placeholders, prompt_leak, refusal
from aplomo.check.personal import personal_data
from aplomo.check.promises import promises
from aplomo.check.size import empty, invisible, length
from aplomo.check.speech import address, language
from aplomo.check.wording import banned_words, forbidden_elements, required_elements
from aplomo.draft import Draft

__all__ = ["CHECKS", "LONGEST", "run_checks"]

CHECKS: tuple[Check, ...] = (
    empty,
    length,
    invisible,
    language,
    address,
    banned_words,
    required_elements,
    forbidden_elements,
    personal_data,
    links,
    numbers,
    names,
    facts,
    promises,
    refusal,
    placeholders,
    markup,
    prompt_leak,
    comment_copy,
    reply_copy,
    signature,
    disclosure,
)
"""Every check, in the order in which their findings are shown."""

LONGEST = 50_000
"""Characters beyond which a text is no reply, and is not looked at further."""


def run_checks(draft: Draft, matter: Matter) -> tuple[Finding, ...]:
    """What every check finds on `draft`. A check that breaks is a finding that failed."""
    size = max(len(draft.text), len(draft.private_text or ""))
    if size > LONGEST:
        detail = f"{size} characters: not looked at beyond {LONGEST}"
        return (Finding(check="length", passed=False, detail=detail),)
    return tuple(_judged(check, draft, matter) for check in CHECKS)


def _judged(check: Check, draft: Draft, matter: Matter) -> Finding:
    try:
        return check(draft, matter)
    except Exception as error:
        name = getattr(check, "__name__", "check")
        return Finding(check=name, passed=False, detail=f"broke: {type(error).__name__}: {error}")
