"""Text that strangers wrote, made safe to normalise, to print on a terminal, to write as JSON."""

import json
import re
import sys
import unicodedata
from functools import cache
from typing import Any, Literal

__all__ = ["encodable", "json_text", "normalized", "one_line", "printable", "visible"]

# Characters that show nothing but can hide or reorder text: controls other than tab and newline,
# bidirectional controls, zero-width space and no-break, tags, and what cannot be encoded. The
# zero-width joiner and variation selectors stay: emoji are built with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile("\r\n?|[\u2028\u2029]")
# JSON itself escapes only what is below U+0020.
_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)

LONGEST_RUN = 30
"""Combining marks on one letter; Unicode's stream-safe format allows as many, no language needs
them. Sorting a longer run takes quadratic time: half a minute for 200 kB of them."""


def encodable(text: str) -> str:
    """`text` without NUL, which no database keeps, and with U+FFFD for every lone surrogate."""
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))


def normalized(text: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"] = "NFC") -> str:
    """`text` in a Unicode normal form, in time linear in it: marks piled too high are dropped."""
    if len(text) > LONGEST_RUN and not text.isascii():
        text = _piles().sub(lambda pile: pile[0][:LONGEST_RUN], text)
    return unicodedata.normalize(form, text)


def visible(text: str) -> str:
    """`text` as a person sees it: NFC, without invisible or reordering characters."""
    return normalized(_INVISIBLE.sub("", encodable(text)))


def printable(text: str) -> str:
    """`text` for a terminal: nothing in it moves the cursor, colours, hides or reorders."""
    return visible(_BREAKS.sub("\n", text)).expandtabs(4)


def one_line(text: str, most: int = 1_000) -> str:
    """`text` for one line of a terminal, so that it cannot pass for lines of ours."""
    said = " ".join(printable(text[: 4 * most]).split())
    return said if len(said) <= most and len(text) <= 4 * most else said[: most - 1] + "…"


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON that people can read and a terminal can show: invisible characters are escaped.

    Without `indent` it is one line, also for readers that count U+2028 or U+0085 as its end.
    """
    return _UNSAFE_IN_JSON.sub(_escaped, json.dumps(value, ensure_ascii=False, indent=indent))


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


@cache
def _piles() -> re.Pattern[str]:
    marks = "".join(char for char in map(chr, range(sys.maxunicode)) if unicodedata.combining(char))
    return re.compile(f"[{re.escape(marks)}]{{{LONGEST_RUN + 1},}}")
