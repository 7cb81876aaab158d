"""The port every model is reached through: one request in, one completion out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

from aplomo.errors import BadCompletion

__all__ = ["Completion", "Message", "Model", "Price", "Request", "Token", "Usage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a model.

    The first `prefix` messages are the same for every comment (0 when none is known to be), so
    that a server may keep them read. `schema` is the JSON schema that the answer must satisfy
    (None for free text); `top_logprobs` how many alternatives to return per token (0 for none);
    `purpose` names the call in usage and recordings ("answer:1", "draft:es") and is never sent.

    With `state` nothing is written in answer: the model only reads the one message, and what is
    wanted is its hidden state at the end of it.
    """

    purpose: str
    messages: tuple[Message, ...]
    prefix: int = 0
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 512
    temperature: float = 0.0
    top_logprobs: int = 0
    state: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One generated token: its text, and the log-probability of each alternative (itself too)."""

    text: str
    alternatives: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What calls have cost, in calls (answers asked for; a text only read is none) and tokens."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a million input and a million output tokens cost, in the currency of whoever asks."""

    input: float
    output: float

    def of(self, usage: Usage) -> float:
        """The cost of `usage`."""
        spent = self.input * usage.input_tokens + self.output * usage.output_tokens
        return round(spent / 1_000_000, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A model's answer: its text, and per-token log-probabilities where the server gives them.

    The texts of `tokens`, joined, are exactly `text`; `tokens` is empty when the server gives no
    log-probabilities, or some that cannot be lined up with the text. `state` is the hidden state
    asked for, a vector of the model's width; then there is no text.
    """

    text: str
    usage: Usage
    tokens: tuple[Token, ...] = ()
    state: tuple[float, ...] = ()

    def json_object(self, what: str) -> dict[str, Any]:
        """The JSON object that the text is; `what` names it in errors. Raises BadCompletion."""
        try:
            data = json.loads(self.text)
        except (ValueError, RecursionError):
            raise BadCompletion(f"the {what} is not JSON", hint=self.text[:80]) from None
        if not isinstance(data, dict):
            raise BadCompletion(f"the {what} is not a JSON object")
        return cast("dict[str, Any]", data)


class Model(Protocol):
    """A chat model. Implementations raise only ModelError and its children, and never retry."""

    @property
    def name(self) -> str:
        """The model's name, as written in the decision record and in the calibration key."""
        ...

    @property
    def host(self) -> str:
        """Host of the endpoint, "" when the model runs in process."""
        ...

    def complete(self, request: Request, *, timeout: float) -> Completion:
        """Answer `request` within `timeout` seconds."""
        ...

    async def acomplete(self, request: Request, *, timeout: float) -> Completion:
        """The async twin of `complete`."""
        ...
