"""From settings, or from an object somebody else made, to a model."""

import importlib
import sys
from typing import TYPE_CHECKING, Any, cast

from aplomo.errors import ConfigError
from aplomo.llm.port import Model
from aplomo.llm.settings import EMBEDDED, LANGCHAIN, ModelSettings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["as_model", "open_model"]


def open_model(settings: ModelSettings) -> Model:
    """The model that `settings` name; nothing is loaded or connected yet.

    No model and no base URL, `embedded` or `embedded:/path/to.gguf`: the embedded model.
    `langchain:package.module:attribute`: a LangChain chat model, or a function that makes one.
    Anything else: an OpenAI-compatible endpoint, where servers of a single model need no name.

    Raises ConfigError when a LangChain model cannot be had.
    """
    kind, _, rest = (settings.model or "").partition(":")
    if settings.embedded:
        from aplomo.llm.embedded import EmbeddedModel

        return EmbeddedModel.from_settings(settings, path=rest if kind == EMBEDDED else "")
    if kind == LANGCHAIN:
        from aplomo.llm.langchain import LangChainModel

        return LangChainModel(_chat_model(rest), structured=settings.structured)
    from aplomo.llm.openai_compatible import OpenAICompatible

    return OpenAICompatible(
        model=settings.model or "default",
        base_url=settings.base_url,
        api_key=settings.api_key,
        structured=settings.structured,
    )


def as_model(value: object) -> Model:
    """`value` itself when it is a model, or wrapped when it is a LangChain chat model.

    Raises ConfigError for anything else.
    """
    if _is_chat_model(value):
        from aplomo.llm.langchain import LangChainModel

        chat: Any = value
        return LangChainModel(chat)
    if all(hasattr(value, name) for name in ("name", "host", "complete", "acomplete")):
        model: Any = value
        return model
    raise ConfigError(
        f"{type(value).__name__} is not a model",
        hint="give a LangChain chat model, or an object with the methods of aplomo.llm.port.Model",
    )


def _is_chat_model(value: Any) -> bool:
    """Whether `value` is a LangChain chat model; if it is, langchain_core is already loaded."""
    if "langchain_core" not in sys.modules:
        return False
    from langchain_core.language_models import BaseChatModel

    return isinstance(value, BaseChatModel)


def _chat_model(target: str) -> "BaseChatModel":
    where = f"langchain:{target}"
    module_name, _, attribute = target.partition(":")
    if not module_name or not attribute:
        raise ConfigError(
            "names no chat model", where=where, hint="write langchain:package.module:attribute"
        )
    try:
        value: Any = getattr(importlib.import_module(module_name), attribute)
        if callable(value) and not _is_chat_model(value):
            value = value()
    except Exception as error:
        raise ConfigError(
            f"cannot be had: {type(error).__name__}: {error}",
            where=where,
            hint="is the package installed, and the module on PYTHONPATH?",
        ) from error
    if not _is_chat_model(value):
        raise ConfigError(f"{type(value).__name__} is not a LangChain chat model", where=where)
    return cast("BaseChatModel", value)
