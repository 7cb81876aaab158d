"""A comment without what tells who wrote it, in the same shape, so that it is still a good case."""

import re
from dataclasses import replace

from aplomo.check.personal import personal_in
from aplomo.comment import Author, Comment, Turn

__all__ = ["mask_comment", "mask_text"]

_HANDLE = re.compile(r"(?<![\w@.])@(\w[\w.]{0,40}\w|\w)")


def mask_text(text: str, keep: frozenset[str] = frozenset()) -> str:
    """`text` with letters as x and digits as 0 in every e-mail, number, id, code and handle.

    Handles in `keep` (without @, in any case) stay: the brand's own. Names of people that stand in
    running text cannot be found: a person has to look.
    """
    for _, found in sorted(set(personal_in(text)), key=lambda item: -len(item[1])):
        text = text.replace(found, _shape(found))
    return _HANDLE.sub(lambda m: m[0] if m[1].casefold() in keep else _shape(m[0]), text)


def mask_comment(comment: Comment, keep: frozenset[str] = frozenset()) -> Comment:
    """`comment` with every text masked, and without ids and names."""
    author = Author(
        kind=comment.author.kind,
        followers=comment.author.followers,
        verified=comment.author.verified,
        customer=comment.author.customer,
    )
    return replace(
        comment,
        id="",
        author=author,
        text=mask_text(comment.text, keep),
        thread=tuple(Turn(text=mask_text(t.text, keep), kind=t.kind) for t in comment.thread),
        history=tuple(mask_text(text, keep) for text in comment.history),
        meta={name: mask_text(value, keep) for name, value in comment.meta.items()},
    )


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", text))
