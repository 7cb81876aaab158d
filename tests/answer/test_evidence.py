import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.answer.evidence import locate_quote

TEXT = "Llevo  TRES semanas\nesperando “el pedido”… ¡y nadie contesta! cafe\u0301 5€ 👏"


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("Llevo TRES semanas", "Llevo  TRES semanas"),
        ("tres semanas esperando", "TRES semanas\nesperando"),
        ('"el pedido"', "el pedido"),
        ("esperando 'el", None),
        ("...y nadie contesta!", "y nadie contesta"),
        ("café", "cafe\u0301"),
        ("5€ 👏", "5€ 👏"),
        ("cuatro semanas", None),
        ("", None),
        ("…", None),
        ("llevo tres semanas y nadie", None),
    ],
)
def test_a_quote_is_found_as_written_or_not_at_all(quote: str, found: str | None) -> None:
    assert locate_quote(quote, TEXT) == found


@given(st.text(min_size=1), st.data())
def test_any_piece_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    found = locate_quote(text[start:end], text)
    if any(char.isalnum() and char.isascii() for char in text[start:end]):
        assert found is not None
    assert found is None or found in text


@given(st.text(), st.text())
def test_what_is_found_is_always_a_piece_of_the_text(quote: str, text: str) -> None:
    found = locate_quote(quote, text)
    assert found is None or found in text


@given(st.text(alphabet="aábcñ ", min_size=1))
def test_the_normal_form_of_the_quote_does_not_matter(text: str) -> None:
    for form in ("NFC", "NFD"):
        quote = unicodedata.normalize(form, text)
        assert (locate_quote(quote, text) is None) == (locate_quote(text, text) is None)
