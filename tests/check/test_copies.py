from dataclasses import replace

import pytest
from inline_snapshot import snapshot
from judging import judged, matter

from aplomo.check.copies import comment_copy, reply_copy
from aplomo.draft import Draft

COMPLAINT = "Llevo once días esperando el paquete y nadie me coge el teléfono"
LONG = f"Buenas tardes. {COMPLAINT}. He escrito tres veces y no volveré a comprar aquí nunca más."


@pytest.mark.parametrize(
    ("comment", "reply"),
    [
        (COMPLAINT, COMPLAINT),
        (COMPLAINT, COMPLAINT.upper() + "!!!"),
        (COMPLAINT, f"@ana {COMPLAINT}"),
        (COMPLAINT, "Llevas once días esperando el paquete y nadie te coge el teléfono"),
        (COMPLAINT, f"Entendemos que dices: {COMPLAINT}. Gracias por escribirnos, de verdad."),
        (COMPLAINT, "Llevas once días esperando tu paquete y nadie te ha cogido el teléfono"),
        (LONG, f"{COMPLAINT}."),
        ("they charged me twice for one bag of beans", "They charged me twice for one bag of bean"),
        ("the zip broke on day two, what now?", "So the zip broke on day two, what now? Hm."),
    ],
)
def test_the_comment_is_not_said_again(comment: str, reply: str) -> None:
    assert not judged(comment_copy, reply, matter(comment=comment)).passed


@pytest.mark.parametrize(
    ("comment", "reply"),
    [
        (COMPLAINT, "Once días esperando es demasiado. Sentimos la espera, escríbenos."),
        (LONG, "Sentimos que nadie te coja el teléfono; escríbenos y lo revisamos contigo."),
        ("Gracias", "Gracias"),
        ("thank you", "Thank you!"),
        ("me encanta", "Nos encanta que te encante, gracias por contarlo."),
        ("do you ship to Ireland?", "We ship to Spain, Portugal, France and Ireland."),
        ("they charged me twice", "We're sorry about the double charge, send us a message."),
    ],
)
def test_its_detail_may_be_picked_up(comment: str, reply: str) -> None:
    finding = judged(comment_copy, reply, matter(comment=comment))
    assert finding.passed, finding.detail


REPLY = "Qué alegría leerte, gracias por contarnos lo de tu cafetera."


@pytest.mark.parametrize(
    "again",
    [
        REPLY,
        REPLY.upper(),
        "¡Qué alegría leerte! Gracias por contarnos lo de tu cafetera ☕",
        "Qué alegría leerte, gracias por contarnos lo de la cafetera.",
        f"@luz_de_luna @ana_del_mar {REPLY}",
        REPLY + " — Equipo Bruma",
    ],
)
def test_a_recent_reply_is_not_sent_again(again: str) -> None:
    signed = {"signature": {"es": "— Equipo Bruma"}}
    given = matter(recent=("Otra cosa muy distinta de todo esto.", REPLY), brand=signed)
    assert not judged(reply_copy, again, given).passed


@pytest.mark.parametrize(
    "other",
    [
        "Qué alegría leerte, y qué buena elección el Huila para los lunes.",
        "Gracias por contarnos tu año con nosotros, nos llega al alma.",
        "¡Gracias!",
        "Mil gracias por escribir",
        "Sentimos lo ocurrido, escríbenos por mensaje privado.",
        "Thank you for telling us about your moka pot.",
    ],
)
def test_a_reply_of_its_own_passes(other: str) -> None:
    finding = judged(reply_copy, other, matter(recent=(REPLY, "¡Gracias!")))
    assert finding.passed, finding.detail


def test_templates_recur() -> None:
    given = matter(recent=(REPLY,))
    assert reply_copy(Draft(text=REPLY, origin="template"), given).passed


def test_endings_alike_make_no_copy() -> None:
    ending = "Respuesta escrita por el equipo de Bruma con ayuda de una inteligencia artificial."
    given = matter(
        brand={"disclosure": {"es": ending}}, recent=(f"Qué buena idea la tuya. {ending}",)
    )
    assert judged(reply_copy, f"Sentimos mucho lo de tu taza. {ending}", given).passed


def test_details() -> None:
    given = replace(matter(comment=COMPLAINT), recent=(REPLY,))
    assert judged(comment_copy, COMPLAINT, given).detail == snapshot("100% like the comment")
    assert judged(comment_copy, f"{COMPLAINT}: " + REPLY * 3, given).detail == snapshot(
        "repeats the comment (100% of the shorter text)"
    )
    assert judged(comment_copy, REPLY, given).detail == snapshot("41% like the comment")
    assert judged(comment_copy, "Gracias.", given).detail == snapshot("too short to tell")
    assert judged(reply_copy, REPLY, given).detail == snapshot("100% like a recent reply")
    assert judged(reply_copy, COMPLAINT, given).detail == snapshot(
        "41% like the nearest recent reply"
    )
    assert judged(reply_copy, "Gracias.", given).detail == snapshot("not compared")


def test_five_words_of_the_comment_in_a_row_are_an_echo_unless_people_wrote_them() -> None:
    given = matter("en", comment="So kind on the phone, and the grinder is a real beauty.")
    long = "We roast in small batches and hope to see you again one of these fine mornings."
    echo = judged(comment_copy, f"Thank you for being so kind on the phone! {long}", given)
    assert echo.detail == "repeats 'so kind on the phone' of the comment"
    assert judged(comment_copy, f"Thank you for being kind on the phone! {long}", given).passed
    fact = given.facts["packaging"].statement["en"]
    asked = matter("en", comment=f"Is it true? {fact} And the lids?")
    assert judged(comment_copy, f"{fact} {long}", asked).passed
