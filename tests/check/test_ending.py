import pytest
from inline_snapshot import snapshot
from judging import judged, matter

from aplomo.check.base import Matter
from aplomo.check.ending import disclosure, signature
from aplomo.draft import Draft, signed

SIGNATURE = {"es": "— Equipo Bruma", "en": "— The Bruma team"}
DISCLOSURE = {"es": "Escrito con ayuda de IA.", "en": "Written with the help of AI."}


def ending(lang: str = "es") -> Matter:
    return matter(lang, brand={"signature": SIGNATURE, "disclosure": DISCLOSURE})


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "Gracias. Escrito con ayuda de IA. — Equipo Bruma"),
        ("es", "Gracias. — Equipo Bruma Escrito con ayuda de IA."),
        ("es", "Gracias.\n\nEscrito con ayuda de IA.\n— Equipo Bruma\n"),
        ("es", "El equipo Bruma te lo agradece. Escrito con ayuda de IA. — equipo  bruma"),
        ("en", "Thanks. Written with the help of AI. — The Bruma team"),
        ("en", "Thanks!\nWritten with the help of AI.\n\n— The Bruma team "),
    ],
)
def test_both_endings_stand_at_the_end(lang: str, text: str) -> None:
    for check in (signature, disclosure):
        finding = judged(check, text, ending(lang))
        assert finding.passed, finding.detail


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "Gracias."),
        ("es", "— Equipo Bruma. Escrito con ayuda de IA. Gracias."),
        (
            "es",
            "— Equipo Bruma Escrito con ayuda de IA. Gracias. — Equipo Bruma Escrito con ayuda de IA.",
        ),
        ("es", "Gracias. Written with the help of AI. — The Bruma team"),
        ("en", "Thanks. Escrito con ayuda de IA. — Equipo Bruma"),
        ("en", "Written with the help of AI. — The Bruma team. Thanks."),
    ],
)
def test_missing_early_or_twice_is_found(lang: str, text: str) -> None:
    for check in (signature, disclosure):
        assert not judged(check, text, ending(lang)).passed


def test_what_the_writer_signs_passes() -> None:
    given = ending()
    draft = signed(Draft(text="Gracias."), given.brand, "es")
    assert signature(draft, given).passed
    assert disclosure(draft, given).passed


def test_a_brand_without_an_ending_asks_for_none() -> None:
    assert judged(signature, "Gracias.", matter()).detail == snapshot("none asked")
    assert judged(disclosure, "Gracias.", matter()).detail == snapshot("none asked")


def test_details() -> None:
    twice = "Gracias. — Equipo Bruma — Equipo Bruma"
    assert judged(signature, twice, ending()).detail == snapshot(
        "'— Equipo Bruma' stands 2 times, not once"
    )
    assert judged(disclosure, "Escrito con ayuda de IA. Gracias.", ending()).detail == snapshot(
        "'Escrito con ayuda de IA.' is not at the end"
    )
    assert judged(signature, "Gracias. — Equipo Bruma", ending()).detail == snapshot(
        "'— Equipo Bruma' at the end"
    )


@pytest.mark.parametrize(
    "text", ["Gracias. Nos vemos esta semana, mañana mejor.", "Gracias, Ana y tú."]
)
def test_a_short_signature_is_no_part_of_other_words(text: str) -> None:
    given = matter("es", brand={"signature": {"es": "Ana"}})
    assert not judged(signature, text, given).passed
    draft = signed(Draft(text=text), given.brand, "es")
    assert draft.text == f"{text} Ana"
    assert signature(draft, given).passed


def test_the_brands_name_in_the_text_is_not_its_signature() -> None:
    given = matter("es", brand={"signature": {"es": "Bruma"}})
    draft = signed(Draft(text="Te escribimos desde Bruma: gracias."), given.brand, "es")
    assert draft.text.endswith("gracias. Bruma")
    assert signature(draft, given).passed
