from dataclasses import replace

import pytest
from inline_snapshot import snapshot
from judging import judged, matter, rows

from aplomo.assets import asset
from aplomo.check.wording import banned_words, forbidden_elements, required_elements
from aplomo.protocol.load import load
from aplomo.protocol.model import Element

BANNED = """
es | Estimado cliente, sentimos lo ocurrido.
es | ESTIMADO CLIENTE: gracias.
es | Sentimos la incidencia.
es | Sentimos la inci\u200bdencia.
es | Nuestro café es barato.
es | Un café ｔｏｐ, gracias.
es | Dear customer, gracias.
en | Dear customer, we are sorry.
en | Sorry for the inconvenience.
en | Sorry for the INCONVENIÉNCE.
en | Our coffee is cheap.
en | Thanks guys!
en | dear   customer
en | che\u00adap
"""
CLEAN = """
es | Sentimos lo ocurrido.
es | Es un cliente estimado por todos.
es | Coincidencias de la vida.
es | Tenemos topes de bolsa.
es | Lo baratísimo sale caro.
es | Gracias.
en | We are sorry about this.
en | Dear Ana, thank you.
en | The customer is dear to us.
en | That was inconvenient.
en | Cheaper by the kilo.
en | Thanks, you guysers.
"""


@pytest.mark.parametrize(("lang", "text"), rows(BANNED))
def test_banned_words_are_found(lang: str, text: str) -> None:
    assert not judged(banned_words, text, matter(lang)).passed
    assert not judged(banned_words, "Hola.", matter(lang), text).passed


@pytest.mark.parametrize(("lang", "text"), rows(CLEAN))
def test_only_whole_words_are_banned(lang: str, text: str) -> None:
    finding = judged(banned_words, text, matter(lang))
    assert finding.passed, finding.detail


def test_accents_do_not_hide_a_banned_word() -> None:
    given = matter(brand={"banned": {"es": ("ningún problema",)}})
    assert not judged(banned_words, "Ningun PROBLEMA.", given).passed


def test_banned_words_may_be_marks_or_nothing() -> None:
    given = matter(brand={"banned": {"es": ("🙏", "*", "")}})
    assert not judged(banned_words, "Gracias🙏", given).passed
    assert judged(banned_words, "", given).passed


# outcome | language | text
HAS_ALL = """
thank | es | Muchas gracias.
thank | es | Te lo agradecemos.
thank | en | Thanks a lot.
thank | en | We appreciate it.
restore | es | Disculpa lo ocurrido, escríbenos.
restore | es | SENTIMOS lo ocurrido. Te leemos por privado.
restore | es | Lamentamos la espera; mándanos un mensaje directo.
restore | en | We're sorry. Please message us.
restore | en | We apologise. Write to us by direct message.
restore | en | Our apologies! A direct message will do.
answer_question | es | Sí.
"""
LACKS = """
thank | es | Qué alegría.
thank | es | Cuántas desgracias.
thank | en | Lovely.
thank | en | Thx.
restore | es | Sentimos lo ocurrido.
restore | es | Escríbenos por privado.
restore | es | Gracias por decirlo.
restore | en | We're sorry.
restore | en | Please message us.
restore | en | Oh no!
"""


def cases(table: str) -> list[tuple[str, str, str]]:
    return [(outcome, *rows(rest)[0]) for outcome, rest in rows(table)]


@pytest.mark.parametrize(("outcome", "lang", "text"), cases(HAS_ALL))
def test_required_elements_are_found(outcome: str, lang: str, text: str) -> None:
    finding = judged(required_elements, text, matter(lang, outcome))
    assert finding.passed, finding.detail


@pytest.mark.parametrize(("outcome", "lang", "text"), cases(LACKS))
def test_a_missing_element_is_named(outcome: str, lang: str, text: str) -> None:
    assert not judged(required_elements, text, matter(lang, outcome)).passed


def test_what_is_required_is_said_where_everybody_reads_it() -> None:
    for outcome in ("restore", "thank"):
        said = "Sentimos lo ocurrido. Gracias. Escríbenos."
        assert judged(required_elements, said, matter(outcome=outcome), "Hola.").passed
        assert not judged(required_elements, "Hola.", matter(outcome=outcome), said).passed


def test_an_element_without_phrases_in_the_language_is_missing() -> None:
    element = Element(id="thanks", means={"es": "gracias"}, phrases={"es": ("gracias",)})
    given = matter("en", elements={"thanks": element})
    assert judged(required_elements, "Thanks.", given).detail == snapshot(
        "thanks has no phrases in 'en'"
    )


NEVER = """
restore | es | Es tu culpa, no la nuestra.
restore | es | Jajajaja, qué cosas.
restore | es | Cálmate un poco.
restore | es | Ha sido culpa nuestra.
restore | en | It's your fault.
restore | en | Calm down, please.
restore | en | Hahaha, really?
thank | en | You should have read it.
"""
FINE = """
restore | es | La culpa del retraso no está clara.
restore | es | Qué calma la tuya.
restore | es | Sentimos lo ocurrido.
restore | en | Faults happen.
restore | en | Keep calm, they say.
thank | en | You made our day.
answer_question | es | Abrimos los lunes.
"""


@pytest.mark.parametrize(("outcome", "lang", "text"), cases(NEVER))
def test_forbidden_elements_are_found(outcome: str, lang: str, text: str) -> None:
    given = matter(lang, outcome)
    assert not judged(forbidden_elements, text, given).passed
    assert not judged(forbidden_elements, "Hola.", given, text).passed


@pytest.mark.parametrize(("outcome", "lang", "text"), cases(FINE))
def test_other_words_are_not_forbidden(outcome: str, lang: str, text: str) -> None:
    finding = judged(forbidden_elements, text, matter(lang, outcome))
    assert finding.passed, finding.detail


def test_details() -> None:
    given = matter(outcome="restore")
    text = "Es tu culpa, estimado cliente."
    assert judged(required_elements, text, given).detail == snapshot(
        "apology is missing (disculp*, perdon*, sentimos, lamentamos); next_step is missing (privado, mensaje directo, md, dm)"
    )
    assert judged(forbidden_elements, text, given).detail == snapshot("blame: says 'tu culpa'")
    assert judged(banned_words, text, given).detail == snapshot("says 'estimado cliente'")
    text = "Sentimos lo ocurrido, escríbenos."
    assert judged(required_elements, text, given).detail == snapshot("apology, next_step")
    assert judged(forbidden_elements, text, given).detail == snapshot(
        "none of blame, sarcasm, admission"
    )
    assert judged(banned_words, text, given).detail == snapshot("none of 10")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "Gracias por la mala experiencia, escríbenos."),
        ("es", "Gracias por la disculpa. Escríbenos por mensaje privado."),
        ("en", "Thank you for your complaint. Send us a direct message."),
    ],
)
def test_brand_care_thanks_nobody_for_what_is_bad_and_takes_none_for_an_apology(
    lang: str, text: str
) -> None:
    care = load(asset("protocols", "brand-care.yaml"))
    given = replace(matter(lang), elements=care.elements, outcome=care.outcomes["ask_details"])
    assert not judged(forbidden_elements, text, given).passed
    assert not judged(required_elements, text, given).passed
    sorry = {"es": "Pedimos disculpas: escríbenos.", "en": "We're sorry: send us a direct message."}
    assert judged(forbidden_elements, sorry[lang], given).passed
    assert judged(required_elements, sorry[lang], given).passed
