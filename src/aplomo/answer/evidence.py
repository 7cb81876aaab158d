"""Evidence is a verbatim piece of the comment, or it is nothing."""

import re
import unicodedata

__all__ = ["locate_quote"]

_EDGES = " \t\n.…,;:!¡¿?\"'“”‘’«»()[]-"
_SAME = str.maketrans(
    {"“": '"', "”": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‹": "<", "›": ">"}
)
_SPACE = re.compile(r"\s")


def locate_quote(quote: str, text: str) -> str | None:
    """The piece of `text` that `quote` repeats, as written there; None when it is not there.

    Compared after compatibility normalisation, ignoring case, accents, the kind of quotation
    marks, runs of white space, and punctuation at the edges of the quote.
    """
    needle, _ = _folded(quote.strip(_EDGES))
    if not needle:
        return None
    haystack, places = _folded(text)
    start = haystack.find(needle)
    if start < 0:
        return None
    end = places[start + len(needle) - 1] + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return text[places[start] : end]


def _folded(text: str) -> tuple[str, list[int]]:
    """`text` folded for comparison, and for each folded character its index in `text`."""
    folded: list[str] = []
    places: list[int] = []
    for index, char in enumerate(text):
        for part in unicodedata.normalize("NFKD", char.translate(_SAME)).casefold():
            if unicodedata.category(part) in {"Mn", "Cf", "Cc"} and not _SPACE.match(part):
                continue
            if _SPACE.match(part):
                if not folded or folded[-1] == " ":
                    continue
                part = " "
            folded.append(part)
            places.append(index)
    return "".join(folded), places
