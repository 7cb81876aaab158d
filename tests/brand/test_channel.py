import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from aplomo.brand.channel import CHANNELS, channel_for, measure
from aplomo.brand.load import loads_brand
from aplomo.brand.model import Limit

BRAND = loads_brand(
    "{id: a, name: A, languages: [es], tone: {es: a}, contact: {es: a},"
    " channels: {x: {limits: [{most: 25000, unit: weighted}]}, forum: {limits: [{most: 7}]}}}"
)

# X's weighted length. The first block is from the conformance suite of twitter-text
# (validate.yml), with two for each emoji and wide character as configuration v3 counts.
WEIGHTS = [
    ("This is a test.", 15),
    ("http://test.com", 23),
    ("https://test.com", 23),
    ("test.com", 23),
    ("Test https://test.com test https://test.com test.com test", 86),
    ("저찀쯿쿿", 8),
    ("H🐱☺", 5),
    ("\U00010000\U0010ffff", 4),
    # its rules: Latin-like ranges 1, others 2
    ("ñandú", 5),
    ("n\u0303", 1),
    ("– — “ ” ‘ ’", 11),
    ("…", 2),
    ("€ • ™", 8),
    ("Привет", 6),
    ("日本語", 6),
    ("\u200d", 1),
    ("", 0),
    ("a\r\nb", 3),
    # a whole emoji sequence 2
    ("👨‍👩‍👧‍👦", 2),
    ("👍🏽", 2),
    ("🇪🇸🇲🇽", 4),
    ("1️⃣", 2),
    ("❤️❤", 4),
    ("🏳️‍🌈", 2),
    ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
    ("🧑🏽‍🤝‍🧑🏻", 2),
    ("😀" + "\u0301" * 3, 5),
    # a link 23, also a short one and a bare one; no link, its letters
    ("https://example.com/a/very/long/path?with=query#and-fragment ok", 26),
    ("see example.com.", 28),
    ("t.co", 23),
    ("foo.co.jp/x", 23),
    ("(http://example.com/a_(b)) x", 27),
    ("a@example.com", 13),
    ("@user #tag", 10),
    ("http://localhost/x", 18),
    ("v1.2 and 12.50", 14),
    ("http://test.com http://test.com", 47),
]


@pytest.mark.parametrize(("text", "weight"), WEIGHTS)
def test_weighted_length(text: str, weight: int) -> None:
    assert measure(text, "weighted") == weight


@pytest.mark.parametrize(
    ("text", "characters", "graphemes", "size"),
    [
        ("", 0, 0, 0),
        ("hola", 4, 4, 4),
        ("n\u0303", 2, 1, 3),
        ("ñ", 1, 1, 2),
        ("👨‍👩‍👧‍👦", 7, 1, 25),
        ("🇪🇸🇲🇽", 4, 2, 16),
        ("🇪🇸🇲", 3, 2, 12),
        ("🇪\u0301🇸", 3, 2, 10),
        ("a\r\nb", 4, 3, 4),
        ("क्षि", 4, 1, 12),
        ("👍🏽👍", 3, 2, 12),
        ("\ud800", 1, 1, 1),
    ],
)
def test_the_other_units(text: str, characters: int, graphemes: int, size: int) -> None:
    assert measure(text, "characters") == characters
    assert measure(text, "graphemes") == graphemes
    assert measure(text, "bytes") == size


@pytest.mark.parametrize("unit", ["characters", "weighted", "graphemes", "bytes"])
@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a.",
        "a.com.",
        "http://",
        "http://a.com/(",
        "http://a.com/)",
        "🇪",
        "👨‍👩‍👧‍👦",
        "\u0301",
        "à",
        "@",
        "क्",
    ],
)
def test_a_megabyte_is_measured(unit: str, piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert measure(text, unit) > 0  # type: ignore[arg-type]


@given(text=st.text())
def test_measures_are_consistent(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert measure(text, "graphemes") <= measure(text, "characters") <= measure(text, "bytes")
    assert measure(text, "weighted") == measure(composed, "weighted")
    assert 0 <= measure(text, "weighted") <= 23 * len(composed)


def test_the_brands_own_limits_come_first() -> None:
    assert channel_for(BRAND, "x").limits == (Limit(most=25000, unit="weighted"),)
    assert channel_for(BRAND, "forum").limits == (Limit(most=7),)
    assert channel_for(BRAND, "bluesky") is CHANNELS["bluesky"]


def test_an_unknown_channel_has_the_generic_limits_under_its_own_name() -> None:
    unknown = channel_for(BRAND, "noticeboard")
    assert (unknown.id, unknown.limits) == ("noticeboard", CHANNELS["generic"].limits)


def test_the_built_in_channels() -> None:
    shown = {
        id_: " and ".join(f"{limit.most} {limit.unit}" for limit in channel.limits)
        for id_, channel in CHANNELS.items()
    }
    assert shown == snapshot(
        {
            "generic": "1000 characters",
            "x": "280 weighted",
            "bluesky": "300 graphemes and 3000 bytes",
            "mastodon": "500 characters",
            "instagram": "2200 characters",
            "facebook": "8000 characters",
            "threads": "500 characters",
            "linkedin": "1250 characters",
            "youtube": "10000 characters",
            "tiktok": "150 characters",
            "google_reviews": "4096 bytes",
            "google_play": "350 characters",
            "app_store": "5970 characters",
            "trustpilot": "2000 characters",
            "reddit": "10000 characters",
            "email": "20000 characters",
            "helpdesk": "20000 characters",
        }
    )
    assert {id_ for id_, channel in CHANNELS.items() if channel.public_only} == {
        "youtube",
        "google_reviews",
        "google_play",
        "app_store",
    }
