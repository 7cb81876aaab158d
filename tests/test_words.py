import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.words import STOP_WORDS, content_words, fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Devolución", "devolucion"),
        ("ÑANDÚ", "nandu"),
        ("ba\u200bra\u00adto", "barato"),
        ("ｔｏｐ", "top"),
        ("𝗧𝗢𝗣", "top"),
        ("e\u0301", "e"),
        ("Straße", "strasse"),
        ("a\ud800b", "ab"),
    ],
)
def test_texts_are_compared_in_one_form(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_and_words_of_weight() -> None:
    assert words("¡Hola, Café_1! ☕ don't") == ["hola", "cafe", "1", "don", "t"]
    assert content_words("¿Cuándo llega el pedido de mi tía?") == ["llega", "pedido", "tia"]
    assert content_words("Where is my order?") == ["order"]


def test_stop_words_are_folded() -> None:
    assert {fold(word) for word in STOP_WORDS} == STOP_WORDS


@given(text=st.text())
def test_folding_twice_changes_nothing_for_words(text: str) -> None:
    assert words(fold(text)) == words(text)
