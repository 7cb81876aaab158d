"""Whether a draft says something of its own."""

from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from aplomo.check.base import Finding, Matter
from aplomo.check.text import trusted, verdict
from aplomo.draft import Draft
from aplomo.words import words

__all__ = ["comment_copy", "echoes", "reply_copy"]

MOST_CHARACTERS = 2_000
"""More than this of either text is not compared."""

# Likenesses are rapidfuzz ratios, 0..100, of folded words. Two replies of six words or more to
# different people that share nine tenths of their letters were not written for either of them; a
# text that shares four fifths with the comment only turns it round.
ALIKE = 90
ECHO = 80
FEWEST_WORDS = 6
ECHOED = 5
"""Words in a row that nobody says again by chance: a reply with them talks like the comment."""


def comment_copy(draft: Draft, matter: Matter) -> Finding:
    """The reply is not the comment again, nor a piece of it, nor wrapped around it."""
    reply, comment = _bare(draft.text, matter), _bare(matter.comment.text, matter)
    if min(len(reply), len(comment)) < FEWEST_WORDS:
        return Finding(check="comment_copy", passed=True, detail="too short to tell")
    whole = fuzz.ratio(" ".join(reply), " ".join(comment))
    piece = fuzz.partial_ratio(" ".join(reply), " ".join(comment))
    problems: list[str] = []
    if whole >= ECHO:
        problems.append(f"{whole:.0f}% like the comment")
    elif piece >= ALIKE:
        problems.append(f"repeats the comment ({piece:.0f}% of the shorter text)")
    elif runs := echoes(draft.text, matter):
        problems.append(f"repeats '{runs[0]}' of the comment")
    return verdict("comment_copy", problems, f"{whole:.0f}% like the comment")


def echoes(text: str, matter: Matter) -> list[str]:
    """The runs of ECHOED words that `text` takes from the comment alone, not from what we wrote."""
    known = {run for own in trusted(matter) for run in _runs(words(own))}
    asked = set(_runs(_bare(matter.comment.text, matter))) - known
    return [" ".join(run) for run in _runs(_bare(text, matter)) if run in asked]


def _runs(said: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(said[start : start + ECHOED]) for start in range(len(said) - ECHOED + 1))


def reply_copy(draft: Draft, matter: Matter) -> Finding:
    """The reply is not a recent one again; templates are meant to recur and are not compared."""
    reply = _bare(draft.text, matter)
    if draft.origin == "template" or len(reply) < FEWEST_WORDS or not matter.recent:
        return Finding(check="reply_copy", passed=True, detail="not compared")
    likeness = max(
        fuzz.ratio(" ".join(reply), " ".join(_bare(other, matter))) for other in matter.recent
    )
    problems = [f"{likeness:.0f}% like a recent reply"] if likeness >= ALIKE else []
    return verdict("reply_copy", problems, f"{likeness:.0f}% like the nearest recent reply")


def _bare(text: str, matter: Matter) -> list[str]:
    """The folded words of `text`, the handles and the brand's own ending apart."""
    for end in (matter.brand.signature.get(matter.lang), matter.brand.disclosure.get(matter.lang)):
        if end:
            text = text.replace(end, " ")
    said = " ".join(word for word in text[:MOST_CHARACTERS].split() if not word.startswith("@"))
    return words(said)
