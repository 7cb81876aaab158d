import pytest
from inline_snapshot import snapshot
from judging import judged, matter, rows

from aplomo.check.speech import address, language

RIGHT = """
es | ¡Gracias!
es | Sentimos mucho lo que cuentas, escríbenos por mensaje privado.
es | Gracias por el feedback, se lo pasamos al equipo de marketing.
es | Qué alegría que te guste el Chemex ☕
es | ¡Vaya faena! Cuéntanos por DM qué ha pasado.
es | Descafeinamos solo con agua, sin disolventes químicos.
es | Hola @maria, mira https://bruma.example.com/the-shipping-and-delivery-page
es | ok
en | Thanks!
en | We are really sorry, send us a direct message and we'll look into it.
en | Adiós to bad coffee! Thank you for telling us.
en | Our café con leche guide is on the way to you, enjoy it.
en | Sorry about that.
en | 👏👏
"""
WRONG = """
es | We are really sorry about this, please send us a direct message.
es | Thank you so much for your kind words!
es | Gracias por escribirnos, Marta. We are really sorry about the delay with your order.
es | Muito obrigado pela sua mensagem, vamos verificar o seu pedido.
es | Merci beaucoup pour votre message, nous sommes désolés.
es | Vielen Dank für deine Nachricht, wir schauen uns das an.
en | Sentimos mucho lo que ha pasado, escríbenos por mensaje privado.
en | ¡Muchas gracias por tus palabras!
en | Thank you for writing. Por favor, escríbenos un mensaje privado con los detalles.
en | Nous sommes vraiment désolés de ce retard, écrivez-nous en privé.
en | Hola, sentimos lo de tu pedido.
en | Grazie mille per il tuo messaggio, ci dispiace molto.
"""


@pytest.mark.parametrize(("lang", "text"), rows(RIGHT))
def test_the_language_is_right(lang: str, text: str) -> None:
    finding = judged(language, text, matter(lang))
    assert finding.passed, finding.detail


@pytest.mark.parametrize(("lang", "text"), rows(WRONG))
def test_another_language_is_found(lang: str, text: str) -> None:
    assert not judged(language, text, matter(lang)).passed
    assert not judged(language, "OK", matter(lang), text).passed


def test_a_language_nobody_can_tell_is_let_pass() -> None:
    assert judged(language, "Thank you for your kind words!", matter("xx")).passed


def test_language_details() -> None:
    assert judged(language, "Gracias, ya lo vemos.", matter()).detail == "es"
    text = "Thank you so much for your kind words!"
    assert judged(language, text, matter()).detail == snapshot("is in 'en', not 'es'")
    mixed = "Gracias por escribirnos. We are really sorry about the delay with your order."
    assert judged(language, mixed, matter()).detail == snapshot("is in 'en', not 'es'")
    mixed = f"Gracias por escribirnos y por contarnos con tanto detalle lo de la taza. {mixed[25:]}"
    assert judged(language, mixed, matter()).detail == snapshot(
        "a sentence is in 'en': 'We are really sorry about the delay with your order.'"
    )


KEPT = """
tu | Escríbenos por mensaje privado y lo revisamos contigo.
tu | Se lo pasamos al equipo, y a ellos les encantará su lectura.
tu | Gracias por contárnoslo, le pedimos al equipo que lo lea.
tu | Nos alegra que a tu madre le guste su café.
tu | ¿Tienes el número de pedido? No te preocupes.
tu | ¡Qué bueno el té de su tienda!
usted | Escríbanos por mensaje privado y lo revisamos con usted.
usted | Le agradecemos su mensaje.
usted | ¿Le gusta el té? Lo leemos con mucho gusto.
usted | Sentimos lo ocurrido con su pedido.
vos | Escribinos por privado, ¿querés que lo veamos con vos?
vos | Gracias por tu mensaje, nos alegra leerte.
"""
BROKEN = """
tu | Escríbanos por mensaje privado.
tu | Le agradecemos mucho su comentario.
tu | Lo revisamos con usted.
tu | Póngase en contacto por privado.
tu | No se preocupe, lo vemos.
tu | ¿Querés contarnos más?
tu | Escribinos por privado.
usted | Escríbenos por mensaje privado.
usted | Sentimos lo de tu pedido.
usted | ¿Nos cuentas? Te leemos.
usted | Queremos verlo contigo.
vos | Escríbanos por privado.
vos | ¿Tienes el número de pedido?
vos | ¿Puedes escribirnos?
"""


@pytest.mark.parametrize(("wanted", "text"), rows(KEPT))
def test_the_way_of_address_is_kept(wanted: str, text: str) -> None:
    finding = judged(address, text, matter(brand={"address": {"es": wanted}}))
    assert finding.passed, finding.detail


@pytest.mark.parametrize(("wanted", "text"), rows(BROKEN))
def test_another_way_of_address_is_found(wanted: str, text: str) -> None:
    given = matter(brand={"address": {"es": wanted}})
    assert not judged(address, text, given).passed
    assert not judged(address, "Gracias.", given, text).passed


def test_english_has_one_way_of_address() -> None:
    assert judged(address, "usted", matter("en")).detail == "you"
    assert judged(address, "usted", matter(brand={"address": {}})).detail == "not set"


def test_address_details() -> None:
    assert judged(address, "Escríbanos, se lo vemos a usted.", matter()).detail == snapshot(
        "says 'escribanos', which is usted"
    )
    assert judged(address, "Gracias.", matter()).detail == "tu"
