import pytest
from inline_snapshot import snapshot
from judging import judged, matter, rows

from aplomo.check.personal import personal_data

# Every number is invented; check digits are computed, so that they are what a check looks for.
TELLS = """
e-mail | Escribe a ana.perez@example.com y lo vemos.
e-mail | Te escribimos a ana (at) example.com.
e-mail | Tu correo ana arroba example punto com no llega.
e-mail | Write to first.last+shop@mail.example.co.uk please.
e-mail | We have ANA@EXAMPLE.COM on file.
phone | Llámanos al 612 34 56 78.
phone | Llámanos al +34 612345678.
phone | Te llamamos al 55 1234 5678.
phone | Tu número +54 9 11 2345-6789 está bien.
phone | Call us at (201) 555-0123.
phone | Call +44 20 7946 0958 please.
phone | Escribe al WhatsApp +57 301 2345678.
account | Tu cuenta ES91 2100 0418 4502 0005 1332 está bien.
account | We see GB29NWBK60161331926819 on file.
account | el IBAN es9121000418450200051332 y ya está
card | Tu tarjeta 4111 1111 1111 1111 es correcta.
card | Your card 5500-0000-0000-0004 was charged.
national id | Tu DNI 12345678Z es correcto.
national id | El NIE X1234567L ya consta.
national id | Tu CURP BOXW310820HNERXN09 consta.
national id | CUIT 20-05536168-2, correcto.
national id | RUT 12.531.909-2, correcto.
national id | Your SSN 536-90-4399 is on file.
national id | Your number AB 12 34 56 C is on file.
national id | Tu pasaporte: AAB123456.
national id | DNI: 30.123.456.
"""
TELLS_NOTHING = """
- | Escríbenos por mensaje privado con tu número de pedido.
- | Pásanos tu correo y tu DNI por privado.
- | Tienes 30 días y el envío es gratis desde 35 €.
- | De lunes a viernes, de 9:00 a 18:00.
- | Los pedidos hechos hasta el 18 de diciembre llegan antes.
- | Llevas 3 pedidos y 2 meses con nosotros.
- | Gracias @ana.perez, te leemos.
- | Hola Ana, sentimos lo ocurrido.
- | Cuesta 1.000.000 de gracias.
- | Abrimos 24/7, los 365 días.
- | La campaña 2025-2026 empieza el 01/09/2026.
- | We answer 9-18, Monday to Friday.
- | The grinder weighs 1234567 grams... no, 2.
- | Our B2B team and MP3 player say thanks.
- | Thanks, see you at 10:30 on 12/12/2026.
- | Es es un placer, GB te quiere.
"""


@pytest.mark.parametrize(("kind", "text"), rows(TELLS))
def test_personal_data_is_found(kind: str, text: str) -> None:
    finding = judged(personal_data, text, matter())
    assert not finding.passed
    assert f"{kind} '" in finding.detail


@pytest.mark.parametrize("text", [text for _, text in rows(TELLS_NOTHING)])
def test_times_prices_and_names_are_not_personal(text: str) -> None:
    finding = judged(personal_data, text, matter())
    assert finding.passed, finding.detail


def test_the_private_half_may_hold_it() -> None:
    private = "Hola, tu pedido 88123-B consta a ana@example.com."
    assert judged(personal_data, "Escríbenos.", matter(comment="pedido 88123-B"), private).passed


def test_hidden_characters_hide_nothing() -> None:
    assert not judged(personal_data, "Escribe a ana@exa\u200bmple.com.", matter()).passed
    assert not judged(personal_data, "Llama al ６１２ ３４ ５６ ７８.", matter()).passed


def test_the_brand_gives_its_own_contact() -> None:
    contact = {"es": "correo a hola@example.com o al 900 123 456"}
    own = matter(brand={"contact": contact})
    assert judged(personal_data, "Escribe a hola@example.com.", own).passed
    assert judged(personal_data, "Llama al 900 123 456.", own).passed
    assert not judged(personal_data, "Escribe a ana@example.com.", own).passed
    assert not judged(personal_data, "Escribe a hola@example.com.", matter()).passed


# the comment | a reply that repeats its reference
ECHOED = """
mi pedido 48213 no llega | Vemos que el pedido 48213 va tarde.
Pedido nº ES-2024-118 roto | Sentimos lo del ES-2024-118.
order #1234 late | Sorry about #1234.
my order number 482 is late | Sorry about order number 482.
ticket AB12CD34 abierto | Tu ticket ab12cd34 sigue abierto.
ref. 778/2231 | Lo vemos: 778-2231.
factura F2026118 mal | La factura F2026118 está mal.
case 99120 again | Thanks, case 99120 it is.
"""
NOT_ECHOED = """
mi pedido 48213 no llega | Sentimos lo de tu pedido, escríbenos.
llevo 2 horas y 15 minutos | Sentimos esas 2 horas y 15 minutos.
pagué 35 € el 2/11/2026 | Sentimos lo del 2/11/2026.
desde 2019 con vosotros | ¡Desde 2019, gracias!
order 48213 late | Sorry about your order.
en 2024 fue mejor | 2024 fue un gran año.
el modelo V60 gotea | Sentimos lo del V60.
"""


@pytest.mark.parametrize(("comment", "reply"), rows(ECHOED))
def test_a_reference_is_not_echoed(comment: str, reply: str) -> None:
    finding = judged(personal_data, reply, matter(comment=comment))
    assert "reference '" in finding.detail


@pytest.mark.parametrize(("comment", "reply"), rows(NOT_ECHOED))
def test_times_and_years_may_be_echoed(comment: str, reply: str) -> None:
    finding = judged(personal_data, reply, matter(comment=comment))
    assert finding.passed, finding.detail


def test_many_numbers_are_not_searched_for_ever() -> None:
    text = " ".join(f"10000{n:04}" for n in range(400))
    assert "more than 50 long numbers" in judged(personal_data, text, matter()).detail


def test_details() -> None:
    text = "Ana, tu correo ana@example.com y tu pedido 48213-B constan."
    given = matter(comment="dónde está mi pedido 48213-B?")
    assert judged(personal_data, text, given).detail == snapshot(
        "e-mail 'ana@example.com'; reference '48213-B'"
    )
    assert judged(personal_data, "Gracias.", given).detail == snapshot("none")
