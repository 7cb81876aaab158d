"""The model of a replay: it sends what the recorded one was sent, to where nobody listens."""

from urllib.parse import urlsplit

from aplomo.errors import ConfigError
from aplomo.evals.lock import ModelLock
from aplomo.evals.recording.asking import Traced
from aplomo.llm.settings import EMBEDDED, LANGCHAIN, OPENAI_URL, ModelSettings

__all__ = ["locked_model", "recording_model", "replay_model"]

_NOWHERE = "http://localhost:9"  # a name is read faster than a number


def replay_model(lock: ModelLock, settings: ModelSettings) -> Traced:
    """The model to replay with: the very requests, without weights, key or server.

    A LangChain model makes requests of its own: then it is the one that `settings` name. Raises
    ConfigError when they name none.
    """
    if lock.kind == "langchain":
        if (settings.model or "").partition(":")[0] != LANGCHAIN:
            raise ConfigError(
                f"recorded with the LangChain model {lock.name}",
                hint="name it the same way again, with --model langchain:module:attribute",
            )
        return recording_model(settings)
    from aplomo.llm.embedded import Slots
    from aplomo.llm.openai_compatible import OpenAICompatible

    model = OpenAICompatible(
        model=lock.name,
        base_url=_NOWHERE + lock.path,
        api_key="replay",
        structured=lock.structured,
        extra=Slots().extra_fields if lock.kind == "embedded" else None,
        refused=frozenset(lock.refused),
        inline=True,
    )
    return Traced(model, host=lock.host)


def recording_model(settings: ModelSettings) -> Traced:
    """The model to record with."""
    from aplomo.llm.open import open_model

    return Traced(open_model(settings))


def locked_model(settings: ModelSettings, model: Traced) -> ModelLock:
    """What a lock says of the model that `settings` name, once it has been asked."""
    kind = (settings.model or "").partition(":")[0]
    if settings.embedded or kind == EMBEDDED:
        return ModelLock(kind="embedded", name=model.name)
    if kind == LANGCHAIN:
        return ModelLock(kind="langchain", name=model.name, host=model.host)
    return ModelLock(
        kind="endpoint",
        name=model.name,
        host=model.host,
        path=urlsplit(settings.base_url or OPENAI_URL).path,
        structured=settings.structured,
        refused=tuple(sorted(model.refused)),
    )
