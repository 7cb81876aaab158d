"""Which language a text is written in, also when it is short and full of handles and emoji."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

__all__ = ["detect", "other_than", "scores"]

# The neighbours that Spanish and English comments are confused with, or come along with. Few
# languages on purpose: each one more makes every short text harder to tell.
NEIGHBOURS = ("es", "en", "pt", "fr", "it", "de", "ca")

MOST_CHARACTERS = 2_000
"""More text than this makes the verdict no better."""

PREFERRED = 0.6
"""Least share of the best among the supported languages; below it they cannot be told apart."""

FOREIGN = 0.95
"""Least confidence with which an unsupported language is named, in texts of enough words."""

FOREIGN_WORDS = 4

IMPROBABLE = 0.02
"""A text with no more than this for a language is not written in it ..."""

HOME = 0.2
"""... unless this share of its words are small words of that language."""

# Trigrams misjudge a handful of words; the small words that only one language has do not.
SHORT = 8
_SPANISH = """
    el los las del lo le les nos mi tu su y o en un una con por para pero muy ya qué q xq cuando
    cómo está es son hay esto eso este esta sí gracias hola tio tía
"""
_ENGLISH = """
    the this that is are was it i you u ur we they my your to of and for with in on not so what
    where when how why can do does have had just ty thx thanks please hi hello
"""
SMALL_WORDS = {"es": frozenset(_SPANISH.split()), "en": frozenset(_ENGLISH.split())}


def detect(text: str, supported: Sequence[str]) -> str | None:
    """The ISO 639-1 code of the language of `text`, None when it cannot be told.

    Handles, links, hashtags and emoji do not count. Short texts go to the likeliest of the
    `supported` languages; another code is returned only when confident.
    """
    if not supported:
        return None
    found = scores(text, supported)
    if not found:
        return None
    best = max(found, key=lambda code: found[code])
    if best not in supported and found[best] >= FOREIGN and len(_words(text)) >= FOREIGN_WORDS:
        return best
    if told := _by_small_words(text, supported):
        return told
    known = {code: found.get(code, 0.0) for code in supported}
    preferred = max(known, key=lambda code: known[code])
    total = sum(known.values())
    return preferred if total and known[preferred] / total >= PREFERRED else None


def other_than(text: str, lang: str, *, fewest: int = 3) -> str | None:
    """The code of the language of `text` when it is surely not in `lang`; None in any doubt.

    Texts of less than `fewest` words, and languages nobody can tell, leave it in doubt.
    """
    said = _words(text)
    if len(said) < fewest or _small(said, lang) >= HOME * len(said):
        return None
    found = scores(text, [lang])
    if found.get(lang, 1.0) > IMPROBABLE:
        return None
    return max(found, key=lambda code: found[code])


def scores(text: str, languages: Sequence[str]) -> Mapping[str, float]:
    """The probability of each of `languages` and their neighbours; empty without any letters."""
    words = " ".join(_words(text[: 4 * MOST_CHARACTERS]))[:MOST_CHARACTERS]
    if not words:
        return {}
    detector = _detector(frozenset(languages))
    values = detector.compute_language_confidence_values(words)
    found = {value.language.iso_code_639_1.name.lower(): value.value for value in values}
    return found if any(found.values()) else {}


def _by_small_words(text: str, supported: Sequence[str]) -> str | None:
    """The one language whose small words a short `text` has most of."""
    said = _words(text)
    if len(said) > SHORT:
        return None
    hits = {code: _small(said, code) for code in dict.fromkeys(supported)}
    most = max(hits.values())
    winners = [code for code, count in hits.items() if count == most]
    return winners[0] if most and len(winners) == 1 else None


def _small(said: Sequence[str], code: str) -> int:
    """How many of the words `said` are small words of that language."""
    small = SMALL_WORDS.get(code, frozenset())
    return sum(word.strip(".,;:!?¡¿…\"'()").casefold() in small for word in said)


def _words(text: str) -> list[str]:
    return [
        word
        for word in text.split()
        if word[0] not in "@#＠＃"
        and "@" not in word
        and "://" not in word
        and any(map(str.isalpha, word))
    ]


@cache
def _detector(languages: frozenset[str]) -> "LanguageDetector":
    """Trigrams only: 25 MB and 0.2 s to load, where all n-grams take 190 MB and 1.8 s."""
    from lingua import IsoCode639_1, Language, LanguageDetectorBuilder

    codes = {language.iso_code_639_1.name.lower() for language in Language.all()}
    wanted = sorted({*NEIGHBOURS, *languages} & codes)
    isos = [IsoCode639_1.from_str(code) for code in wanted]
    return (
        LanguageDetectorBuilder.from_iso_codes_639_1(*isos)
        .with_low_accuracy_mode()
        .with_preloaded_language_models()
        .build()
    )
