"""Whether the brand's own ending closes the text, once."""

from aplomo.check.base import Finding, Matter
from aplomo.check.text import verdict
from aplomo.draft import Draft, closing

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
    both = (brand.signature.get(lang, ""), brand.disclosure.get(lang, ""))
    wanted = _spaced(ending)
    body, closed = closing(_spaced(draft.text), [_spaced(end) for end in both if end])
    # One word may be said elsewhere: it is the brand's name, or a part of another word.
    times = closed.count(wanted) + (body.count(wanted) if " " in wanted else 0)
    problems: list[str] = []
    if wanted not in closed:
        problems.append(f"'{ending}' is not at the end")
    elif times > 1:
        problems.append(f"'{ending}' stands {times} times, not once")
    return verdict(check, problems, f"'{ending}' at the end")


def _spaced(text: str) -> str:
    """`text` in lower case with single spaces; marks such as the dash of a signature count."""
    return " ".join(text.casefold().split())
