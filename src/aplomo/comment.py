"""Inbound values: one public comment, its author and what was said before it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from aplomo.errors import InputError
from aplomo.plain_text import encodable, visible

__all__ = ["Author", "Comment", "Turn", "visible"]

_LANG = re.compile("[a-z]{2,3}")
BRAND_KINDS = ("agent", "bot")
"""Kinds of turns that the brand wrote; whoever wrote the others may be the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote the comment, as far as the channel tells. `followers` is a count of accounts."""

    id: str = ""
    name: str = ""
    kind: str = "unknown"
    followers: int = 0
    verified: bool = False
    customer: bool = False

    def __post_init__(self) -> None:
        for name in ("id", "name", "kind"):
            object.__setattr__(self, name, _encodable(getattr(self, name), f"author {name}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One earlier message of the thread; `kind` is customer, agent, bot or unknown."""

    text: str
    author: str = ""
    kind: str = "unknown"

    def __post_init__(self) -> None:
        for name in ("text", "author", "kind"):
            object.__setattr__(self, name, _encodable(getattr(self, name), f"thread {name}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One inbound public text.

    `thread` holds the messages before it, oldest first; `history` earlier comments by the same
    author; `meta` whatever else a rule may read (text values). `lang` is an ISO 639-1 code, or
    None to have it detected. `id` defaults to a hash of all that is known of it.

    Raises InputError when the text is not text, or shows nothing.
    """

    text: str
    channel: str = "generic"
    lang: str | None = None
    id: str = ""
    author: Author = field(default_factory=Author)
    thread: tuple[Turn, ...] = ()
    history: tuple[str, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        text = _encodable(self.text, "text")
        if not visible(text).strip():
            raise InputError("the comment has no visible text", hint="give some text to answer")
        put = object.__setattr__
        if self.lang is not None and not _LANG.fullmatch(_encodable(self.lang, "lang")):
            raise InputError(
                "lang is not an ISO 639 code", hint='two letters, such as "es" or "en"'
            )
        turns: tuple[Any, ...] = self.thread
        if not all(isinstance(turn, Turn) for turn in turns):
            raise InputError("thread must hold Turns", hint='Turn(text="…", kind="customer")')
        put(self, "text", text)
        put(self, "thread", tuple(self.thread))
        put(self, "history", tuple(_encodable(item, "history") for item in self.history))
        meta = {_encodable(k, "meta"): _encodable(v, "meta") for k, v in self.meta.items()}
        put(self, "meta", MappingProxyType(meta))
        put(self, "channel", _encodable(self.channel, "channel"))
        put(self, "id", _encodable(self.id, "id") or f"c-{self.sha256[:16]}")

    @property
    def sha256(self) -> str:
        """Hash of everything a decision depends on, the id apart."""
        content = [self.channel, self.text, self.lang, _plain(self.author), self.history]
        content += [[_plain(turn) for turn in self.thread], dict(self.meta)]
        packed = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(packed.encode()).hexdigest()

    @property
    def said(self) -> tuple[str, ...]:
        """All that the person wrote here, the comment last, or whoever else is not the brand."""
        earlier = (turn.text for turn in self.thread if turn.kind not in BRAND_KINDS)
        return (*earlier, self.text)

    def in_language(self, lang: str) -> "Comment":
        """The same comment, with its language known."""
        return self if self.lang == lang else replace(self, lang=lang)

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape of the decision record; empty parts are left out."""
        author = {
            k: v for k, v in _plain(self.author).items() if v not in ("", 0, False, "unknown")
        }
        shape: dict[str, Any] = {
            "id": self.id,
            "text": self.text,
            "channel": self.channel,
            "lang": self.lang,
            "author": author,
        }
        if self.thread:
            shape["thread"] = [_plain(turn) for turn in self.thread]
        if self.history:
            shape["history"] = list(self.history)
        if self.meta:
            shape["meta"] = dict(self.meta)
        return shape


def _plain(value: Author | Turn) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _encodable(text: object, name: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"{name} must be text, not {type(text).__name__}")
    return encodable(text)
