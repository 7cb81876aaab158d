"""A comment in its thread, as a model is shown it: fenced, bounded, the comment itself last."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from aplomo.comment import BRAND_KINDS, Comment, Turn
from aplomo.prompt import MAX_FENCED, ends, fence

__all__ = ["Shown", "as_shown", "quotable", "shown"]

MAX_THREAD = 6_000
"""Characters of earlier turns that a model is shown."""

_KINDS = {"customer", *BRAND_KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The `text` for the model; `notes` say what of the conversation it does not hold."""

    text: str
    notes: tuple[str, ...] = ()


def shown(comment: Comment) -> Shown:
    """`comment` with its thread before it.

    Where the thread is too long, the oldest turns are left out: the brand's own first, so that
    nothing a customer said goes before something the brand said.
    """
    turns = _fitting(comment.thread)
    notes: list[str] = []
    if missing := len(comment.thread) - len(turns):
        notes.append(f"the model was not shown the {missing} oldest turns of the thread")
    if any(len(text) > MAX_FENCED for text in (comment.text, *(turn.text for turn in turns))):
        notes.append(f"the model was shown the ends of a text longer than {MAX_FENCED} characters")
    if not turns:
        return Shown(text=fence(comment.text), notes=tuple(notes))
    lines = [f"{_kind(turn)}: {fence(turn.text)}" for turn in turns]
    parts = ["Earlier in the thread:", *lines, "The comment:", fence(comment.text)]
    return Shown(text="\n".join(parts), notes=tuple(notes))


def quotable(comment: Comment) -> Iterator[str]:
    """The texts that evidence may be quoted from, the comment first, then what was said before.

    Of a long text only its ends, which alone were shown: searching a megabyte takes a second.
    """
    for text in reversed(comment.said):
        yield from (text,) if len(text) <= MAX_FENCED else ends(text)


def as_shown(comment: Comment) -> Comment:
    """The comment without what of a long text no model was shown, and no draft can repeat."""
    if len(comment.text) <= MAX_FENCED:
        return comment
    return replace(comment, text=" […] ".join(ends(comment.text)))


def _fitting(thread: tuple[Turn, ...]) -> list[Turn]:
    """The turns that fit into MAX_THREAD, in their order."""
    dropped: set[int] = set()
    size = sum(map(_size, thread))
    for own in (True, False):
        for index, turn in enumerate(thread):
            if size > MAX_THREAD and (turn.kind in BRAND_KINDS) is own:
                dropped.add(index)
                size -= _size(turn)
    return [turn for index, turn in enumerate(thread) if index not in dropped]


def _size(turn: Turn) -> int:
    return min(len(turn.text), MAX_FENCED)


def _kind(turn: Turn) -> str:
    """A word of ours: the caller's own would stand outside the fence."""
    return turn.kind if turn.kind in _KINDS else "unknown"
