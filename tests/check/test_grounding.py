from dataclasses import replace

import pytest
from inline_snapshot import snapshot
from judging import judged, matter, rows

from aplomo.check.grounding import facts, links, names, numbers
from aplomo.comment import Author, Comment, Turn
from aplomo.draft import Draft
from aplomo.protocol.model import Outcome

KNOWN = """
es | Mira https://bruma.example.com/envios y nos dices.
es | Está en bruma.example.com.
es | Entra en ayuda.bruma.example.com/faq?x=1.
es | Gracias.Es un placer leerte.
es | Gracias @bruma_fan, te leemos.
es | Escríbenos por mensaje privado.
en | See https://bruma.example.com.
en | It's on HTTPS://BRUMA.EXAMPLE.COM/origen!
en | Thanks...so much, e.g. for the photo.
en | Version 2.0, the one from 9.30, is no link.
en | Send us a direct message.
"""
UNKNOWN = """
es | Mira https://bruma.com/envios.
es | Está en bruma.es.
es | Entra en http://bruma.example.com.evil.net/x.
es | Mira https://bruma.example.com@evil.net/x
es | Aquí: bit.ly/abc123
es | Escribe a @soporte_bruma.
es | http://192.168.0.1/pedido
es | Mira bruma․es/envios, con un punto que no es un punto.
en | See www.bruma.co.uk.
en | More at https://example.com/help.
en | Ask @bruma_help about it.
en | [here](https://evil.example.org/x)
en | notbruma.example.com has it.
"""


@pytest.mark.parametrize(("lang", "text"), rows(KNOWN))
def test_own_links_and_known_handles_pass(lang: str, text: str) -> None:
    finding = judged(links, text, matter(lang, comment="@bruma hola @bruma_fan"))
    assert finding.passed, finding.detail


@pytest.mark.parametrize(("lang", "text"), rows(UNKNOWN))
def test_invented_links_and_handles_are_found(lang: str, text: str) -> None:
    assert not judged(links, text, matter(lang)).passed
    assert not judged(links, "Hola.", matter(lang), text).passed


def test_a_link_that_a_fact_gives_may_be_repeated_as_it_is() -> None:
    given = matter(brand={"links": ()})
    assert judged(links, "Está en bruma.example.com/envios.", given).passed
    assert not judged(links, "Está en bruma.example.com/ofertas.", given).passed


def test_the_author_may_be_named() -> None:
    comment = Comment(text="hola", author=Author(name="@Luz_", id="u1"))
    given = replace(matter(), comment=comment)
    assert judged(links, "Gracias @luz_.", given).passed
    assert not judged(links, "Gracias @luz.", given).passed


def test_link_details() -> None:
    text = "Mira bruma.es/x y pregunta a @ayuda."
    assert judged(links, text, matter()).detail == snapshot("links to bruma.es/x; mentions @ayuda")
    assert judged(links, "Gracias.", matter(), text).detail == snapshot(
        "private: links to bruma.es/x; private: mentions @ayuda"
    )
    assert judged(links, "Gracias.", matter()).detail == snapshot("none unknown")


FOUNDED = """
es | Tienes 30 días para devolverlo.
es | El envío es gratis a partir de 35 € y si no, 3,90 €.
es | Cuesta 3,9 euros.
es | Llega en 2 o 3 días laborables.
es | Respondemos de 9 a 18 h.
es | Respondemos de 9:00 a 18:00.
es | Hasta el 18 de diciembre.
es | Gracias por todo, sin cifras.
es | 1. Escríbenos
es | Gracias por los 5 ☕ y el MP3.
es | Te leemos en @bruma2024.
en | You have 30 days to return it.
en | Free from €35, else 3.90 €.
en | It takes 2 to 3 days.
en | We're here from 9:00 to 18:00.
en | 2) Send us a message
en | 1️⃣ Send us a message
"""
UNFOUNDED = """
es | Tienes 60 días para devolverlo.
es | Tienes 30 minutos para devolverlo.
es | El envío es gratis a partir de 50 €.
es | El 35 % de la gente repite.
es | Llega en 24-48 horas.
es | Abrimos a las 10:30.
es | Lo fundamos en 1998.
es | Tu caso REF12345 está abierto.
es | Somos más de 1.000 personas.
es | Quedan 1️0 bolsas.
en | You have 14 days to return it.
en | It costs $35.50.
en | 90% of people love it.
en | Open 24/7.
en | It weighs 250g.
en | Since 2015.
en | It takes ３５ days, or ٣٧.
"""


@pytest.mark.parametrize(("lang", "text"), rows(FOUNDED))
def test_numbers_of_the_facts_pass(lang: str, text: str) -> None:
    comment = "me bebí 5 cafés"
    finding = judged(numbers, text, matter(lang, comment=comment))
    assert finding.passed, finding.detail


@pytest.mark.parametrize(("lang", "text"), rows(UNFOUNDED))
def test_invented_numbers_are_found(lang: str, text: str) -> None:
    assert not judged(numbers, text, matter(lang)).passed
    assert not judged(numbers, "Hola.", matter(lang), text).passed


def test_short_numbers_may_echo_the_comment() -> None:
    given = matter(comment="llevo 12 horas con el pedido 48213 y pagué 70 €")
    assert judged(numbers, "Sentimos esas 12 horas.", given).passed
    assert judged(numbers, "Sentimos lo de los 70 euros.", given).passed
    assert not judged(numbers, "Sentimos esas 12 semanas.", given).passed
    assert not judged(numbers, "Sentimos lo del 48213.", given).passed
    assert not judged(numbers, "Un 70 % va bien.", given).passed


def test_numbers_of_contact_and_template_pass() -> None:
    outcome = Outcome(id="o", action="reply", template={"es": "Llama al 024."})
    assert judged(numbers, "Llama al 024.", matter(brand={}, outcome="thank")).passed is False
    assert judged(numbers, "Llama al 024.", replace(matter(), outcome=outcome)).passed
    contact = matter(brand={"contact": {"es": "teléfono 900 100 200"}})
    assert judged(numbers, "Llama al 900 100 200.", contact).passed


def test_number_details() -> None:
    assert judged(numbers, "Son 12,50 € en 24h.", matter(), "Y un 7%").detail == snapshot(
        "12,50 € is in no fact; 24h is in no fact; private: 7% is in no fact"
    )
    assert judged(numbers, "Gracias.", matter()).detail == snapshot("none unfounded")


@pytest.mark.parametrize(
    ("outcome", "cited", "text", "passed"),
    [
        ("thank", (), "Gracias.", True),
        ("thank", ("decaf_process",), "Descafeinamos con agua.", True),
        ("thank", ("invented",), "Gracias.", False),
        ("answer_question", (), "Escríbenos y te contamos.", False),
        ("answer_question", ("decaf_process",), "Eso te lo contamos.", False),
        ("answer_question", ("invented", "decaf_process"), "Solo con agua.", False),
        ("correct_facts", (), "Descafeinamos solo con agua, sin disolventes químicos.", False),
        ("correct_facts", ("decaf_process",), "Descafeinamos solo con agua, sin nada más.", True),
        ("correct_facts", ("decaf_process",), "Sin disolventes químicos, de verdad.", True),
        ("correct_facts", ("decaf_process",), "We decaffeinate with water only.", True),
        ("correct_facts", ("decaf_process",), "Eso es falso, no hagáis caso.", False),
        ("correct_facts", ("decaf_process",), "Nuestros precios incluyen impuestos.", False),
        ("correct_facts", ("decaf_process", "returns"), "Tienes 30 días para devolver.", True),
        ("correct_facts", ("invented",), "Descafeinamos solo con agua.", False),
        ("correct_facts", ("christmas_cutoff",), "Hasta el 18 de diciembre.", False),
    ],
)
def test_cited_facts(outcome: str, cited: tuple[str, ...], text: str, passed: bool) -> None:
    given = matter(outcome=outcome)
    held = {id_: fact for id_, fact in given.facts.items() if id_ != "christmas_cutoff"}
    finding = facts(Draft(text=text, facts=cited), replace(given, facts=held))
    assert finding.passed is passed, finding.detail


def test_the_fact_may_be_told_in_private() -> None:
    given = matter(outcome="correct_facts")
    draft = Draft(text="Te contamos.", private_text="Descafeinamos solo con agua.")
    assert facts(replace(draft, facts=("decaf_process",)), given).passed


def test_fact_details() -> None:
    given = matter(outcome="correct_facts")
    assert facts(Draft(text="Hola."), given).detail == snapshot("no fact is cited")
    assert facts(Draft(text="Hola.", facts=("nope",)), given).detail == snapshot(
        "'nope' is no valid fact"
    )
    assert facts(Draft(text="Hola.", facts=("returns",)), given).detail == snapshot(
        "the text does not say what returns states"
    )
    assert facts(Draft(text="Hola."), matter()).detail == snapshot("none cited")


@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_question_is_answered_with_what_a_cited_fact_states(lang: str) -> None:
    asked = {"es": "¿el tostado oscuro lleva más cafeína?", "en": "is the dark roast stronger?"}
    invented = {
        "es": "El tostado oscuro lleva más cafeína que el claro.",
        "en": "The dark roast has more caffeine than the light one.",
    }
    about = matter(lang, "answer_question", asked[lang])
    stated = about.facts["roast_date"].statement[lang]
    assert not facts(Draft(text=invented[lang], facts=("roast_date",)), about).passed
    assert not facts(Draft(text=invented[lang]), about).passed
    assert facts(Draft(text=stated, facts=("roast_date",)), about).passed
    assert facts(Draft(text=invented[lang], origin="template"), about).passed
    both = facts(Draft(text=f"{stated} {invented[lang]}", facts=("roast_date",)), about)
    assert both.detail == f"no cited fact says '{invented[lang]}'"
    offer = {"es": "¡Hola! Escríbenos por mensaje privado.", "en": "Hi! Send us a direct message."}
    assert facts(Draft(text=f"{offer[lang]} {stated}", facts=("roast_date",)), about).passed
    unmarked = matter(lang, "answer_question", asked[lang].strip("¿?"))
    assert not facts(Draft(text=invented[lang]), unmarked).passed
    told = matter(lang, "thank", "qué rico" if lang == "es" else "so good")
    told = replace(told, outcome=replace(told.outcome, facts="optional"))
    assert facts(Draft(text=invented[lang]), told).passed


@pytest.mark.parametrize(
    ("lang", "cited", "text", "passed"),
    [
        ("en", "packaging", "Yes, our bags and boxes are fully recyclable.", True),
        ("en", "packaging", "Hello! Of course. Our bags and boxes are fully recyclable.", True),
        ("en", "packaging", "No, our bags and boxes are not recyclable.", False),
        ("en", "packaging", "Our bags and boxes are fully recyclable. We roast daily.", False),
        ("es", "packaging", "Nuestras bolsas y cajas son reciclables. Sí, es ecológico.", False),
        ("en", "shipping_countries", "No, we ship to Spain, Portugal, France, Ireland.", True),
        ("en", "shipping_countries", "We ship to Germany, Spain, Portugal and France.", False),
        ("en", "decaf_process", "We decaffeinate with water only, without solvents.", True),
        ("es", "coffee_origin", "Viene de cooperativas de Colombia, Kenia y Guatemala.", False),
    ],
)
def test_a_sentence_of_an_answer_says_what_one_cited_fact_says(
    lang: str, cited: str, text: str, passed: bool
) -> None:
    asked = matter(lang, "answer_question", "¿?")
    finding = facts(Draft(text=text, facts=(cited,)), asked)
    assert finding.passed is passed, finding.detail


def test_a_name_may_be_said_when_it_is_the_authors() -> None:
    asked = matter("en", "answer_question", "recyclable?")
    ada = replace(asked, comment=replace(asked.comment, author=Author(name="Ada")))
    draft = Draft(text="Hello Ada! Our bags and boxes are recyclable.", facts=("packaging",))
    assert facts(draft, ada).passed
    assert not facts(draft, asked).passed


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("¡Qué bien que el Huila te guste!", False),
        ("Nos vemos en Madrid, Ada.", False),
        ("¡Qué bien que el Guatemala te guste! Gracias por venir. Saludos.", True),
        ("Gracias, Ana: el equipo de Bruma lo celebra.", True),
        ("Escríbenos por DM, que el café de Colombia vuelve.", True),
        ("¿Te gustó Lisboa? Gracias.", True),
    ],
)
def test_every_name_comes_from_somewhere(text: str, passed: bool) -> None:
    given = matter(comment="el guatemala, qué rico")
    author, thread = Author(name="Ana"), (Turn(kind="agent", text="¿Qué tal en Lisboa?"),)
    given = replace(given, comment=replace(given.comment, author=author, thread=thread))
    finding = judged(names, text, given)
    assert finding.passed is passed, finding.detail
