"""A text as plain words: without case, accents, or the invisible characters that split words."""

import re
import unicodedata
from functools import lru_cache

from aplomo.plain_text import normalized

__all__ = ["STOP_WORDS", "content_words", "fold", "root", "roots", "words"]

# NFKD has already taken fullwidth and styled letters apart.
_DROPPED = ("Mn", "Me", "Cf", "Cs")
_WORD = re.compile(r"[^\W_]+")

_SPANISH = """
    a al algo alguien alguna alguno ante antes asi aun aunque bien cada como con cual cuando
    cuanta cuantas cuanto cuantos de del desde donde dos el ella ellas ellos en entre era eran
    eres es esa esas ese eso esos esta estaba estais estamos estan estar estas este esto estos
    estoy fue gracias ha haber habeis hace hacer haceis haces hacia han hasta hay he hemos hola
    hoy la las le les lo los mas me mi mis mucha muchas mucho muchos muy nada ni no nos nosotros
    nunca o os otra otras otro otros para pero poco podeis podria por porque pues que quien
    quiero saber se sea ser si siempre sin sobre sois solo somos son soy su sus tal tambien tan
    tanto te teneis tengo tiene tienen tienes toda todas todo todos tu tus un una unas uno unos
    usted ustedes va vais vamos van veo ver vez vosotros voy y ya yo
"""
_ENGLISH = """
    a about after all also always am an and any are as at be because been before but by can
    could did do does doing done ever every for from get getting go going got had has have he
    hello her here hey hi him his how i if in into is it its just know like make many me more
    most much my never no not now of off on one only or other our out over please really say she
    so some still such tell than thank thanks that the their them then there these they thing
    this those to too up us use very want was way we well were what when where which while who
    why will with without would yes yet you your yours
"""
STOP_WORDS = frozenset((_SPANISH + _ENGLISH).split())
"""Folded words of no weight, Spanish and English."""


_ROOT = 5


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """`text` in the one form in which texts are compared: `Devolución` is `devolucion`."""
    spread = unicodedata.normalize("NFKD", normalized(text, "NFKD").casefold())
    return "".join(char for char in spread if unicodedata.category(char) not in _DROPPED)


def words(text: str) -> list[str]:
    """The folded words of `text`, in order."""
    return _WORD.findall(fold(text))


def content_words(text: str) -> list[str]:
    """The folded words of `text` that carry weight: three letters or more, no stop words."""
    return [word for word in words(text) if len(word) > 2 and word not in STOP_WORDS]


def root(word: str) -> str:
    """The letters that a folded word shares with its other forms: `devolver`, `devoluciones`."""
    return word[:_ROOT]


def roots(text: str) -> set[str]:
    """The roots of the words of `text` that carry weight."""
    return {root(word) for word in content_words(text)}
