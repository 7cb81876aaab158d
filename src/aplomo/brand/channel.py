"""What each channel allows, counted the way the channel counts.

The limits come from the channels' own pages or from running servers where noted, else from
comparisons by third parties; a brand overrides any of them in its `channels`.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace

import regex

from aplomo.brand.model import Brand, Channel, Limit, Unit
from aplomo.links import around_links, find_links

__all__ = ["CHANNELS", "channel_for", "measure"]


def _channel(id_: str, *limits: Limit, public_only: bool = False) -> Channel:
    return Channel(id=id_, limits=limits, public_only=public_only)


CHANNELS: Mapping[str, Channel] = {
    channel.id: channel
    for channel in (
        _channel("generic", Limit(most=1000)),
        # docs.x.com, "Counting characters": weighted, every link 23.
        _channel("x", Limit(most=280, unit="weighted")),
        # The app.bsky.feed.post lexicon; a running server refuses either excess.
        _channel("bluesky", Limit(most=300, unit="graphemes"), Limit(most=3000, unit="bytes")),
        # Default of `configuration.statuses.max_characters`; each server sets its own.
        _channel("mastodon", Limit(most=500)),
        # Third-party comparison of 2026 (lettercounter.org), down to TikTok.
        _channel("instagram", Limit(most=2200)),
        _channel("facebook", Limit(most=8000)),
        _channel("threads", Limit(most=500)),
        _channel("linkedin", Limit(most=1250)),
        _channel("youtube", Limit(most=10_000), public_only=True),
        _channel("tiktok", Limit(most=150)),
        # Business Profile API, `updateReply`: bytes, not characters.
        _channel("google_reviews", Limit(most=4096, unit="bytes"), public_only=True),
        # Android Publisher API, `reviews.reply`: about 350 characters.
        _channel("google_play", Limit(most=350), public_only=True),
        # App Store Connect API; the figure is not on its page.
        _channel("app_store", Limit(most=5970), public_only=True),
        # Publishes no limit: ours, to keep a review reply readable. Configure your own.
        _channel("trustpilot", Limit(most=2000)),
        # The site's comment limit; not on its API page.
        _channel("reddit", Limit(most=10_000)),
        # No limit of their own: more than this is no reply to a comment.
        _channel("email", Limit(most=20_000)),
        _channel("helpdesk", Limit(most=20_000)),
    )
}


def channel_for(brand: Brand, id_: str) -> Channel:
    """The rules of a channel: the brand's own, else the built-in, else the generic limits."""
    found = brand.channels.get(id_) or CHANNELS.get(id_)
    return found or replace(CHANNELS["generic"], id=id_)


def measure(text: str, unit: Unit) -> int:
    """The length of `text` in `unit`, in time linear in it."""
    return _MEASURES[unit](text)


def _graphemes(text: str) -> int:
    """Extended grapheme clusters of Unicode TR29."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _weighted(text: str) -> int:
    """X's weighted length: twitter-text configuration v3, on the NFC form.

    A link counts 23, an emoji sequence 2, a character of the Latin-like ranges 1, any other 2.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    links = [link for link in find_links(text) if link.real]
    # around_links leaves one space, of weight 1, for each link.
    return (LINK_WEIGHT - 1) * len(links) + _weight(around_links(text, links))


LINK_WEIGHT = 23

# At most four parts joined: the longest sequences in use (families, couples).
_EMOJI_PART = r"\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F)?"
_EMOJI = regex.compile(
    rf"\p{{Regional_Indicator}}{{2}}"
    r"|[0-9#*]\uFE0F?\u20E3"
    rf"|{_EMOJI_PART}(?:[\U000E0020-\U000E007E]{{1,6}}\U000E007F|(?:\u200D{_EMOJI_PART}){{1,3}})?"
)
_LIGHT = regex.compile(r"[\u0000-\u10FF\u2000-\u200D\u2010-\u201F\u2032-\u2037]")
# Flags are paired here: \X looks back over the whole run of them, in quadratic time.
_GRAPHEME = regex.compile(
    r"\p{Regional_Indicator}{1,2}[\p{GCB=Extend}\p{GCB=SpacingMark}\u200D]*+|\X"
)


def _weight(text: str) -> int:
    rest, emoji = _EMOJI.subn("", text)
    return 2 * (emoji + len(rest)) - sum(1 for _ in _LIGHT.finditer(rest))


_MEASURES: Mapping[Unit, Callable[[str], int]] = {
    "characters": len,
    "weighted": _weighted,
    "graphemes": _graphemes,
    "bytes": _bytes,
}
