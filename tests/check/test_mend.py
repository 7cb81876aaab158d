"""What code mends in a model's draft: padding is cut, what it has to say is added."""

from dataclasses import replace

import pytest
from judging import matter

from aplomo.check.mend import mended
from aplomo.draft import Draft


def test_what_no_fact_says_is_cut_where_it_is_beside_the_point() -> None:
    asked = matter("en", "answer_question", "where do the beans come from?")
    origin = asked.facts["coffee_origin"].statement["en"]
    beside, invented = "Our friendly barista Ada loves jazz.", "The beans grow in sunny Leeds."
    draft = Draft(text=f"{origin} {beside}", facts=("coffee_origin",))
    assert mended(draft, asked) == replace(draft, text=origin)
    for whole in (origin, beside, f"{origin} {invented}", f"{origin} {beside} {invented}"):
        assert mended(replace(draft, text=whole), asked).text == whole
    assert mended(replace(draft, facts=("nope",)), asked).text == draft.text
    praised = matter("en", "thank", "lovely beans")
    assert mended(replace(draft, text=f"Thanks! {beside}"), praised).text == f"Thanks! {beside}"


def test_a_sentence_that_a_full_stop_breaks_in_two_is_not_halved() -> None:
    asked = matter("en", "answer_question", "when do you answer?")
    text = "Customer care answers Monday to Friday, from 9:00 a.m. to 18:00, so any weekday works."
    assert mended(Draft(text=text, facts=("support_hours",)), asked).text == text


@pytest.mark.parametrize(
    ("lang", "thanks", "offer"),
    [
        ("es", "¡Gracias por contarlo!", "Si quieres, escríbenos por MENSAJE PRIVADO."),
        ("en", "Thank you for that!", "Send us a direct message any time."),
    ],
)
def test_a_private_channel_is_offered_only_where_the_outcome_has_a_use_for_it(
    lang: str, thanks: str, offer: str
) -> None:
    draft = Draft(text=f"{thanks} {offer}")
    assert mended(draft, matter(lang, "thank")).text == thanks
    assert mended(draft, matter(lang, "answer_question")).text == draft.text
    assert mended(draft, matter(lang, "restore")).text.endswith(draft.text)
    assert mended(Draft(text=offer), matter(lang, "thank")).text.endswith(offer)


def test_a_sentence_that_turns_the_comment_round_is_cut() -> None:
    comment = "I left you on read for a week and you never even noticed it"
    about = matter("en", "thank", comment)
    echo = "If you left you on read for a week, what a week!"
    assert mended(Draft(text=f"Thank you! {echo}"), about).text == "Thank you!"
    assert mended(Draft(text=f"Thank you! {echo[:22]}!"), about).text == f"Thank you! {echo[:22]}!"


HELP = "Queremos ayudarte: escríbenos por {contact} y lo revisamos contigo."


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (
            "¡Qué pena lo de la taza! Escríbenos por mensaje privado.",
            "Lo sentimos. ¡Qué pena lo de la taza! Escríbenos por mensaje privado.",
        ),
        (
            "Sentimos lo de la taza.",
            f"Sentimos lo de la taza. {HELP.format(contact='mensaje privado')}",
        ),
        ("Sentimos lo de la taza: escríbenos por privado.",) * 2,
    ],
)
def test_what_a_reply_must_say_is_said_in_the_templates_words(text: str, whole: str) -> None:
    given = matter(outcome="restore")
    template = {"es": f"Lo sentimos. {HELP}"}
    given = replace(given, outcome=replace(given.outcome, template=template))
    assert mended(Draft(text=text), given).text == whole
    bare = replace(given, outcome=replace(given.outcome, template={}))
    assert mended(Draft(text=text), bare).text == text
