"""Whether the brand's own ending is there, once, and last."""

from aplomo.check.base import Finding, Matter
from aplomo.check.text import verdict
from aplomo.draft import Draft

__all__ = ["disclosure", "signature"]


def signature(draft: Draft, matter: Matter) -> Finding:
    """The signature, where the brand has one, ends the public text."""
    return _ends_with("signature", matter.brand.signature.get(matter.lang, ""), draft, matter)


def disclosure(draft: Draft, matter: Matter) -> Finding:
    """The disclosure, where the brand has one, ends the public text."""
    return _ends_with("disclosure", matter.brand.disclosure.get(matter.lang, ""), draft, matter)


def _ends_with(check: str, ending: str, draft: Draft, matter: Matter) -> Finding:
    if not ending:
        return Finding(check=check, passed=True, detail="none asked")
    brand, lang = matter.brand, matter.lang
    wanted = _spaced(ending)
    others = (_spaced(brand.signature.get(lang, "")), _spaced(brand.disclosure.get(lang, "")))
    said = _spaced(draft.text)
    times = said.count(wanted)
    for other in others:
        if other and other != wanted:
            said = said.removesuffix(other).rstrip()
    problems: list[str] = []
    if times != 1:
        problems.append(f"'{ending}' stands {times} times, not once")
    elif not said.endswith(wanted):
        problems.append(f"'{ending}' is not at the end")
    return verdict(check, problems, f"'{ending}' at the end")


def _spaced(text: str) -> str:
    """`text` in lower case with single spaces; marks such as the dash of a signature count."""
    return " ".join(text.casefold().split())
