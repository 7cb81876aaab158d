import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.language import detect, other_than, scores

SPANISH = """
vaya tela con el pedido
a mi igual
q verguenza de servicio la vdd
jajaja muy bueno
el wifi down otra vez wtf
@Bruma hola?? alguien ahi
buenisimo!!! ❤️❤️
me lo mandaron roto tio
una mierda de atención al cliente, llevo 3 dias
xq no responden los dm
gracias ☕️
cuando llega mi pedido
que asco
neta pesimo servicio wey
re copado el envío, llegó al toque
bacán, lo recomiendo
no funciona
cero stars, peor imposible
alguien sabe si abren hoy
mola mazo
el mejor café de la vida
estafadores
ojalá tuvierais molido fino
https://bruma.example.com/the-order-page por favor 🙏
#blackfriday y no funciona la web
"""
ENGLISH = """
pathetic
same here
thanks guys!
gr8 coffee ngl
where's my order @bruma
lol u guys suck
love it 😍😍
wtf is this
still waiting...
best beans ever
any chance of oat milk?
no reply for 3 days smh
can't log in to the app
do you ship to Ireland?
y'all need to fix ur website fr
total rubbish
nice one lads
my grinder came broken
refund me now
not cool
ty so much!!
it's giving burnt toast
worst. service. ever.
@gracias_cafe great stuff
https://bruma.example.com/mi-pedido where is it
"""


@pytest.mark.parametrize("text", SPANISH.strip().splitlines())
def test_short_spanish_posts(text: str) -> None:
    assert detect(text, ["es", "en"]) == "es"
    assert detect(text, ["en", "es"]) == "es"


@pytest.mark.parametrize("text", ENGLISH.strip().splitlines())
def test_short_english_posts(text: str) -> None:
    assert detect(text, ["es", "en"]) == "en"
    assert detect(text, ["en", "es"]) == "en"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Bonjour, ma commande n'est toujours pas arrivée", "fr"),
        ("Onde está o meu pedido? Já passaram três dias", "pt"),
        ("wo bleibt meine bestellung bitte", "de"),
        ("grazie mille ragazzi, ottimo caffè", "it"),
        ("On és la meva comanda? Fa tres dies", "ca"),
    ],
)
def test_another_language_is_named_when_sure(text: str, lang: str) -> None:
    assert detect(text, ["es", "en"]) == lang
    assert detect(text, ["es", lang]) == lang


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👏👏",
        "12345",
        "@maria #top",
        "https://example.com",
        "日本語のコメント",
        "Спасибо большое",
        "lamentable",
    ],
)
def test_what_cannot_be_told_is_none(text: str) -> None:
    assert detect(text, ["es", "en"]) is None


def test_nothing_supported_and_nothing_known() -> None:
    assert detect("hola qué tal", []) is None
    assert detect("hola qué tal estás", ["xx", "es"]) == "es"
    assert detect("hola qué tal estás", ["xx"]) in {None, "es"}


def test_a_text_surely_not_in_a_language() -> None:
    assert other_than("We are really sorry about this, please write to us.", "es") == "en"
    assert other_than("Sentimos mucho lo ocurrido, escríbenos.", "en") == "es"
    assert other_than("Sentimos mucho lo ocurrido, escríbenos.", "es") is None
    assert (
        other_than("Gracias por el feedback, se lo pasamos al equipo de marketing.", "es") is None
    )
    assert other_than("Thank you!", "es") is None
    assert other_than("We are really sorry about this.", "xx") is None


@given(text=st.text())
def test_any_text_is_judged(text: str) -> None:
    assert detect(text, ["es", "en"]) == detect(text, ["es", "en"])
    assert all(0 <= value <= 1 for value in scores(text, ["es"]).values())
    other_than(text, "es")


def test_a_megabyte_is_judged() -> None:
    assert detect("hola qué tal el pedido " * 50_000, ["es", "en"]) == "es"
    assert detect("x" * 1_000_000, ["es", "en"]) in {None, "es", "en"}
