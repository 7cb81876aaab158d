from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.assets import asset
from aplomo.brand.facts import search
from aplomo.brand.load import load_facts
from aplomo.brand.model import Fact

FACTS = load_facts(asset("examples", "facts.yaml"), languages=("es", "en"))
TODAY = date(2026, 11, 1)


def ids(query: str, lang: str = "es", on: date = TODAY, most: int = 3) -> list[str]:
    return [fact.id for fact in search(FACTS, query, lang, on, most)]


@pytest.mark.parametrize(
    ("lang", "query", "first"),
    [
        ("es", "¿el descafeinado lleva químicos?", "decaf_process"),
        ("es", "¿devoluciones?", "returns"),
        ("es", "descafeinado", "decaf_process"),
        ("es", "hola!! cuánto tardan los PEDIDOS a la peninsula", "delivery_time"),
        ("es", "quiero hacer una devolución, cuántos días tengo", "returns"),
        ("es", "de dónde viene el café? es de Etiopia?", "coffee_origin"),
        ("es", "las bolsas se reciclan?", "packaging"),
        ("es", "los precios llevan impuesto?", "prices_with_tax"),
        ("es", "me ha escrito alguien con una tarjeta regalo", "no_gift_cards"),
        ("es", "llega para navidad si pido hoy?", "christmas_cutoff"),
        ("en", "they put formaldehyde in the decaf", "decaf_process"),
        ("en", "do you SHIP to Ireland?", "shipping_countries"),
        ("en", "is delivery free? how much is shipping", "shipping_cost"),
        ("en", "can I return it after a month", "returns"),
        ("en", "when does customer care answer", "support_hours"),
        ("en", "does the bag say when it was roasted", "roast_date"),
    ],
)
def test_the_fact_a_comment_is_about_comes_first(lang: str, query: str, first: str) -> None:
    assert ids(query, lang)[0] == first


def test_a_fact_is_found_by_the_questions_it_answers_too() -> None:
    arrive = Fact(
        id="arrive",
        statement={"en": "Orders arrive in 2 or 3 working days.", "es": "Llegan en 2 o 3 días."},
        source="page",
        questions={"en": ("How long does delivery take?",)},
    )
    facts = {"arrive": arrive}
    assert search(facts, "delivery to Leeds, how long?", "en", TODAY) == (arrive,)
    assert search(facts, "delivery", "es", TODAY) == ()


@pytest.mark.parametrize(
    "query",
    ["", "💩💩", "menuda panda", "¿y para qué?", "the of and", '" OR NEAR(*) -:^', "'; DROP"],
)
def test_nothing_shared_finds_nothing(query: str) -> None:
    assert ids(query) == []
    assert ids(query, "en") == []


@pytest.mark.parametrize(
    ("lang", "query"),
    [
        ("es", "¿De verdad no tenéis tienda en Sevilla?"),
        ("es", "¿Estáis abiertos los domingos?"),
        ("es", "¿Puedo comprar al por mayor?"),
        ("es", "¿Me podéis mandar una muestra?"),
        ("es", "¿tenéis cupón de descuento?"),
        ("en", "Do you sell a real espresso machine?"),
        ("en", "When will the Kenya be back in stock?"),
        ("en", "is there usually a long queue to get in?"),
    ],
)
def test_what_no_fact_covers_finds_none(lang: str, query: str) -> None:
    """The words of `questions` are rare ones: a common word would offer a fact to any question."""
    assert ids(query, lang) == []


def test_at_most_so_many_and_only_in_the_language() -> None:
    query = " ".join(fact.statement["es"] for fact in FACTS.values())
    assert len(ids(query, most=2)) == 2
    assert len(ids(query, most=1)) == 1
    assert ids(query, "fr") == []


def test_a_fact_that_holds_no_longer_is_not_found() -> None:
    assert "christmas_cutoff" in ids("Navidad", on=date(2026, 12, 18))
    assert ids("Navidad", on=date(2026, 12, 19)) == []


def test_equal_ranks_come_in_the_order_of_their_ids() -> None:
    facts = {
        id_: Fact(id=id_, statement={"es": "Hay café."}, source="") for id_ in ("c", "a", "d", "b")
    }
    assert [fact.id for fact in search(facts, "café", "es", TODAY, most=9)] == ["a", "b", "c", "d"]


@given(query=st.text(), lang=st.sampled_from(["es", "en", "xx"]))
def test_any_text_is_a_query(query: str, lang: str) -> None:
    assert search(FACTS, query, lang, TODAY) == search(FACTS, query, lang, TODAY)


def test_strange_queries() -> None:
    assert ids("caf\ud800e\x00 descafeinamos")[0] == "decaf_process"
    assert ids("descafeinamos " + "x" * 1_000_000)[0] == "decaf_process"
    assert ids("agua " * 200_000)[0] == "decaf_process"
    assert ids("agua " + " ".join(f"palabra{n}" for n in range(50_000)))[0] == "decaf_process"
    far = " ".join(f"{n:05}" for n in range(100))
    assert ids(f"agua {far}")[0] == "decaf_process"
    assert ids(f"{far} agua") == []
