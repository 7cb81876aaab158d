import pytest
from inline_snapshot import snapshot
from judging import judged, matter

from aplomo.brand.channel import CHANNELS
from aplomo.brand.model import Channel, Limit
from aplomo.check.size import empty, invisible, length
from aplomo.draft import Draft


@pytest.mark.parametrize(
    ("channel", "text", "passed"),
    [
        ("x", "a" * 280, True),
        ("x", "a" * 281, False),
        ("x", "ñ" * 280, True),
        ("x", "日" * 140, True),
        ("x", "日" * 141, False),
        ("x", "👨‍👩‍👧‍👦" * 140, True),
        ("x", "👨‍👩‍👧‍👦" * 141, False),
        ("x", "https://bruma.example.com/una/ruta/larguisima " + "a" * 256, True),
        ("x", "https://bruma.example.com/una/ruta/larguisima " + "a" * 257, False),
        ("bluesky", "👨‍👩‍👧‍👦" * 120, True),
        ("bluesky", "👨‍👩‍👧‍👦" * 121, False),
        ("bluesky", "a" * 301, False),
        ("google_reviews", "ñ" * 2048, True),
        ("google_reviews", "ñ" * 2049, False),
        ("tiktok", "a" * 150, True),
        ("tiktok", "a" * 151, False),
    ],
)
def test_length_is_counted_as_the_channel_counts(channel: str, text: str, passed: bool) -> None:
    assert judged(length, text, matter(channel=CHANNELS[channel])).passed is passed


def test_every_limit_holds() -> None:
    both = Channel(id="b", limits=(Limit(most=9), Limit(most=4, unit="bytes")))
    assert judged(length, "hola", matter(channel=both)).detail == snapshot(
        "4/9 characters, 4/4 bytes"
    )
    assert judged(length, "ñoño", matter(channel=both)).detail == snapshot(
        "4/9 characters, 6/4 bytes"
    )
    assert not judged(length, "ñoño", matter(channel=both)).passed


def test_only_the_public_half_has_the_limit() -> None:
    assert judged(length, "Hola.", matter(channel=CHANNELS["tiktok"]), "a" * 500).passed


@pytest.mark.parametrize(
    "text", ["", " \n", "👏👏", "¡!", "Gracias", "12 34", "...", "\u200b\u2060", "Thanks", "ok 👍"]
)
def test_a_reply_of_less_than_two_words_is_empty(text: str) -> None:
    assert not judged(empty, text, matter()).passed


@pytest.mark.parametrize(
    "text",
    [
        "¡Muchas gracias!",
        "Mil gracias ☕",
        "Gracias, Bruma os quiere",
        "Thank you!",
        "You rock",
        "So glad!",
    ],
)
def test_two_words_are_something(text: str) -> None:
    assert judged(empty, text, matter()).passed


def test_the_signature_is_no_reply() -> None:
    signed = matter(brand={"signature": {"es": "— Equipo Bruma"}})
    assert judged(empty, "— Equipo Bruma", signed).detail == snapshot("0 words")


def test_the_private_half_must_be_there_and_say_something() -> None:
    given = matter(outcome="restore")
    assert judged(empty, "Escríbenos por privado.", given).detail == snapshot(
        "the private follow-up is missing"
    )
    assert judged(empty, "Escríbenos por privado.", given, "👋").detail == snapshot(
        "private: 0 words"
    )
    assert judged(empty, "Escríbenos por privado.", given, "Hola, cuéntanos.").passed
    public = matter(outcome="restore", channel=CHANNELS["youtube"])
    assert empty(Draft(text="Escríbenos por correo."), public).passed


@pytest.mark.parametrize(
    "text",
    [
        "Gra\u200bcias",
        "Gracias\u202e saicarG",
        "Gracias\u2066",
        "\ufeffGracias",
        "Gra\u00adcias",
        "Gracias\x00",
        "Gracias\x1b[31m",
        "Gra\u200dcias",
        "Gracias\U000e0041",
        "Gracias \ufffd",
        "Gracias\u2028Hola",
        "Gracias \ue000",
    ],
)
def test_hidden_characters_are_found(text: str) -> None:
    assert not judged(invisible, text, matter()).passed
    assert not judged(invisible, "Gracias", matter(), text).passed


@pytest.mark.parametrize(
    "text",
    [
        "Gracias ☕️",
        "Familia 👨‍👩‍👧‍👦",
        "Equipo 🧑🏽‍🍳 y ❤️‍🔥",
        "¡Ñandú, «pingüino» — señal…!",
        "Dos\nlíneas\ty tabulador",
        "Thank you 🏳️‍🌈",
    ],
)
def test_emoji_accents_and_lines_hide_nothing(text: str) -> None:
    finding = judged(invisible, text, matter())
    assert finding.passed, finding.detail


def test_the_hidden_character_is_named() -> None:
    assert judged(invisible, "Gra\u200bcias\x00", matter()).detail == snapshot(
        "U+200B ZERO WIDTH SPACE; U+0000 control"
    )
