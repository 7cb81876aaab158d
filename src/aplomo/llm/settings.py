"""Which model, where and how: flags over environment over `aplomo.toml` over defaults."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args
from urllib.parse import urlsplit

from aplomo.errors import ConfigError
from aplomo.llm.port import Price

if TYPE_CHECKING:
    from aplomo.llm.retry import RetryPolicy

__all__ = ["EMBEDDED", "LANGCHAIN", "OPENAI_URL", "ModelSettings", "Structured"]

Structured = Literal["json_schema", "json_object", "none"]
"""How a server is told the answer's form; with "none" the prompt alone tells it."""

OPENAI_URL = "https://api.openai.com/v1"
EMBEDDED = "embedded"
LANGCHAIN = "langchain"

_ENVIRONMENT = {
    "model": "APLOMO_MODEL",
    "base_url": "APLOMO_BASE_URL",
    "api_key": "APLOMO_API_KEY",
    "structured": "APLOMO_STRUCTURED",
    "threads": "APLOMO_THREADS",
    "context": "APLOMO_CONTEXT",
    "weights": "APLOMO_WEIGHTS",
    "timeout": "APLOMO_TIMEOUT",
    "attempts": "APLOMO_ATTEMPTS",
    "deadline": "APLOMO_DEADLINE",
    "input_price": "APLOMO_INPUT_PRICE",
    "output_price": "APLOMO_OUTPUT_PRICE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """What is needed to reach a model.

    `model` is None for the embedded default; `structured` how the answer's form is told;
    `threads` and `context` (tokens, shared by three slots) are the embedded model's, `weights` its
    file. `timeout` bounds one call and `deadline` all calls of one decision, in seconds.
    `input_price` and `output_price` are per million tokens. `origins` says where each value was
    set ("flag", the variable's name, or the file); absent for defaults.
    """

    model: str | None = None
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    structured: Structured = "json_schema"
    threads: int | None = None
    context: int = 16384
    weights: Path | None = None
    timeout: float | None = None
    attempts: int = 3
    deadline: float | None = None
    input_price: float | None = None
    output_price: float | None = None
    origins: Mapping[str, str] = field(default_factory=dict[str, str], compare=False, repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "ModelSettings":
        """The settings of the environment alone."""
        return cls.merged(environ=environ)

    @classmethod
    def merged(
        cls,
        *,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        table: object = None,
        where: str = "aplomo.toml",
    ) -> "ModelSettings":
        """Flags over environment over the `[model]` table over defaults; None means not given.

        The OPENAI_ variables are another tool's too: they count only once a model is named, and
        OPENAI_API_KEY is never sent to a base URL that comes from the file.

        Raises ConfigError for an unknown key or a value that cannot be used.
        """
        flags, wanted = flags or {}, _as_table(table, where)
        _refuse_unknown(flags, "flags")
        _refuse_unknown(wanted, where)
        found: dict[str, tuple[object, str]] = {}
        for name in _ENVIRONMENT:
            variable = _ENVIRONMENT[name]
            written = (environ or {}).get(variable) or None
            sources = (
                (flags.get(name), "flag"),
                (written, variable),
                (wanted.get(name), where),
            )
            given = next((pair for pair in sources if pair[0] is not None), None)
            if given is not None:
                found[name] = given
        _borrow_openai(found, environ or {}, where)
        values = {name: _read(name, value, origin) for name, (value, origin) in found.items()}
        origins = {name: origin for name, (_, origin) in found.items()}
        return cls(**cast("dict[str, Any]", values), origins=origins)

    @property
    def embedded(self) -> bool:
        """Whether the model runs in this process."""
        named = self.model is not None and self.model.partition(":")[0] == EMBEDDED
        return named or (self.model is None and self.base_url is None)

    def policy(self) -> "RetryPolicy":
        """The retry policy; the embedded model, on a slow machine, gets more time by default."""
        from aplomo.llm.retry import RetryPolicy

        timeout, deadline = (180.0, 360.0) if self.embedded else (60.0, 120.0)
        return RetryPolicy(
            attempts=self.attempts,
            timeout=timeout if self.timeout is None else self.timeout,
            deadline=deadline if self.deadline is None else self.deadline,
        )

    @property
    def price(self) -> Price | None:
        """What its tokens cost: nothing for the embedded model, None when nobody said."""
        if self.embedded:
            return Price(input=0.0, output=0.0)
        if self.input_price is None and self.output_price is None:
            return None
        return Price(input=self.input_price or 0.0, output=self.output_price or 0.0)

    def shown(self) -> dict[str, dict[str, object]]:
        """Each setting's value and origin, as text or numbers, the key and passwords masked."""
        rows: dict[str, dict[str, object]] = {}
        for name in _ENVIRONMENT:
            value = getattr(self, name)
            if name == "api_key" and value:
                value = "***"
            if name == "base_url" and value and urlsplit(value).password:
                value = value.replace(f":{urlsplit(value).password}@", ":***@")
            value = str(value) if isinstance(value, Path) else value
            rows[name] = {"value": value, "from": self.origins.get(name, "default")}
        return rows


def _as_table(table: object, where: str) -> Mapping[str, object]:
    if table is None:
        return {}
    if not isinstance(table, Mapping):
        raise ConfigError("model must be a table", where=where, hint="write [model] and its keys")
    return cast("Mapping[str, object]", table)


def _borrow_openai(
    found: dict[str, tuple[object, str]], environ: Mapping[str, str], where: str
) -> None:
    """Fill base URL and key from OpenAI's own variables, where they are safe to use."""
    kind = str(found.get("model", ("",))[0]).partition(":")[0]
    if kind in {EMBEDDED, LANGCHAIN} or (not kind and "base_url" not in found):
        return
    if "base_url" not in found and (url := environ.get("OPENAI_BASE_URL")):
        found["base_url"] = (url, "OPENAI_BASE_URL")
    from_file = found.get("base_url", (None, ""))[1] == where
    if "api_key" not in found and not from_file and (key := environ.get("OPENAI_API_KEY")):
        found["api_key"] = (key, "OPENAI_API_KEY")


def _refuse_unknown(given: Mapping[str, object], where: str) -> None:
    for name in given:
        if name in _ENVIRONMENT:
            continue
        near = difflib.get_close_matches(name, _ENVIRONMENT, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(_ENVIRONMENT)}"
        raise ConfigError(f"unknown model setting '{name}'", where=where, hint=hint)


def _read(name: str, value: object, origin: str) -> object:
    """`value` as the type of setting `name`. Raises ConfigError, never showing a key."""
    where = f"{name} ({origin})"
    if name in {"threads", "context", "attempts"}:
        return int(_positive(value, where, whole=True))
    if name in {"timeout", "deadline"}:
        return _positive(value, where, whole=False)
    if name in {"input_price", "output_price"}:
        return _price(value, where)
    if not isinstance(value, str | Path) or not str(value).strip():
        raise ConfigError("must be text", where=where)
    text = str(value).strip()
    if name == "weights":
        return Path(text).expanduser()
    if name == "structured" and text not in get_args(Structured):
        raise ConfigError(
            f"'{text}' is not known", where=where, hint=f"one of {', '.join(get_args(Structured))}"
        )
    if name == "base_url":
        _check_url(text, where)
        return text.rstrip("/")
    return text


def _positive(value: object, where: str, *, whole: bool) -> float:
    number = _number(value)
    if not (0 < number < 1e9) or (whole and number != int(number)):
        kind = "a whole number of 1 or more" if whole else "a number of seconds above 0"
        raise ConfigError(f"must be {kind}", where=where)
    return number


def _price(value: object, where: str) -> float:
    number = _number(value)
    if not 0 <= number < 1e9:
        raise ConfigError("must be a price per million tokens, 0 or more", where=where)
    return number


def _number(value: object) -> float:
    """`value` as a number; NaN, which compares with nothing, when it is none."""
    try:
        return math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        return math.nan


def _check_url(text: str, where: str) -> None:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError("is not a web address", where=where, hint="like http://127.0.0.1:8080/v1")
