"""Aplomo: a brand's reply protocol, walked one question at a time.

    Comment ──► answers ──► walk ──► Outcome ──► draft ──► checks ──► Decision

Code owns every step; a language model answers only what is ambiguous; the draft is checked before
a person sees it. Nothing is sent without an approval and its own credential. Names load when first
used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aplomo.comment import Author, Comment, Turn
    from aplomo.decision.model import Decision
    from aplomo.embed.drafter import Drafter
    from aplomo.errors import (
        AplomoError,
        ConfigError,
        DocumentError,
        InputError,
        ModelError,
        UsageError,
    )
    from aplomo.llm.scripted import ScriptedModel
    from aplomo.llm.settings import ModelSettings
    from aplomo.protocol.model import Outcome, Protocol, Question
    from aplomo.walk import Answer, walk

__all__ = [
    "Answer",
    "AplomoError",
    "Author",
    "Comment",
    "ConfigError",
    "Decision",
    "DocumentError",
    "Drafter",
    "InputError",
    "ModelError",
    "ModelSettings",
    "Outcome",
    "Protocol",
    "Question",
    "ScriptedModel",
    "Turn",
    "UsageError",
    "walk",
]

_HOME = {
    "Answer": "walk",
    "Author": "comment",
    "Comment": "comment",
    "Decision": "decision.model",
    "Drafter": "embed.drafter",
    "ModelSettings": "llm.settings",
    "Outcome": "protocol.model",
    "Protocol": "protocol.model",
    "Question": "protocol.model",
    "ScriptedModel": "llm.scripted",
    "Turn": "comment",
    "walk": "walk",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'aplomo' has no attribute {name!r}")
    value = getattr(import_module(f"aplomo.{_HOME.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
