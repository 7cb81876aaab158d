"""YAML documents that remember the line of every value.

Protocol, brand, facts and case files share this reader: problems found later (by pydantic or by a
linter) are reported as `file:line: message (hint)`.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from aplomo.errors import ConfigError, DocumentError, Problem
from aplomo.plain_yaml import Location, NotPlain, parse

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

__all__ = ["Document", "Location", "did_you_mean", "nearest"]

_VERDICTS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "dict_type": "should be a mapping",
    "mapping_type": "should be a mapping",
    "model_type": "should be a mapping",
    "model_attributes_type": "should be a mapping",
    "string_type": "should be text",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
    "string_too_short": "is empty",
    "too_short": "is empty",
}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` is most likely a slip of, None when none is near."""
    near = difflib.get_close_matches(word, islice(known, 1000), n=1)  # quick in any document
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint naming the nearest known word, None when none is near."""
    near = nearest(word, known)
    return f"did you mean '{near}'?" if near else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed YAML file: plain `data`, and the line on which each location begins."""

    name: str
    data: Any
    text: str = field(repr=False)
    lines: Mapping[Location, int] = field(repr=False)
    duplicates: tuple[Problem, ...] = ()

    @classmethod
    def read(cls, path: Path, *, kind: str) -> "Document":
        """Read and parse `path`; `kind` names the document in errors (e.g. "protocol").

        Raises ConfigError when the file is missing or not UTF-8, DocumentError when not YAML.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise ConfigError(f"{kind} file not found", where=str(path)) from None
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"{kind} file is not UTF-8 (byte {error.start})",
                where=str(path),
                hint="save the file as UTF-8",
            ) from None
        except OSError as error:
            raise ConfigError(
                f"cannot read {kind} file: {error.strerror}", where=str(path)
            ) from None
        return cls.parse(text, name=str(path), kind=kind)

    @classmethod
    def parse(cls, text: str, *, name: str = "<text>", kind: str) -> "Document":
        """Parse YAML `text`. Raises DocumentError when it is not one well-formed document."""
        try:
            tree = parse(text)
        except NotPlain as error:
            problem = Problem(file=name, line=error.line, message=f"not valid YAML: {error}")
            raise DocumentError(kind, [problem]) from None
        duplicates = tuple(
            Problem(
                file=name,
                line=line,
                message=f"duplicate id or key '{key}'",
                hint=f"first written in line {first}",
            )
            for key, line, first in tree.duplicates
        )
        return cls(name=name, data=tree.data, text=text, lines=tree.lines, duplicates=duplicates)

    def line(self, location: Location) -> int:
        """The line of `location`, or of its nearest written ancestor."""
        for length in range(len(location), -1, -1):
            if (found := self.lines.get(location[:length])) is not None:
                return found
        return 1

    def problem(self, location: Location, message: str, hint: str | None = None) -> Problem:
        """A Problem placed at `location`."""
        return Problem(file=self.name, line=self.line(location), message=message, hint=hint)

    def problems(
        self,
        error: "ValidationError",
        *,
        at: Location = (),
        model: "type[BaseModel] | None" = None,
    ) -> Iterator[Problem]:
        """The problems of a pydantic `error`, each at its line, in words an author understands.

        `at` is where the validated value sits in the document; with its `model`, an unknown key
        gets the nearest known one as a hint.
        """
        for item in error.errors(include_url=False):
            inner = tuple(part for part in item["loc"] if part != "[key]")
            dotted = ".".join(str(part) for part in (*at, *inner)) or "document"
            hint = _hint(item, _known_keys(model, inner[:-1]))
            yield self.problem((*at, *inner), f"{dotted}{_verdict(item)}", hint)


def _verdict(item: Mapping[str, Any]) -> str:
    """What is wrong, to be read after the name of the place."""
    if item["type"] == "value_error":
        return f": {item['ctx']['error']}"
    if item["input"] is None and item["type"] != "missing":
        return " is empty"
    plain = re.sub(r"^(Input|String|List|Tuple|Dictionary) ", "", item["msg"])
    return " " + _VERDICTS.get(item["type"], plain)


def _hint(item: Mapping[str, Any], known: Iterable[str]) -> str | None:
    value = item["input"]
    if item["type"] == "extra_forbidden":
        return did_you_mean(str(item["loc"][-1]), known)
    if item["type"] == "literal_error":
        choices = re.findall("'(.*?)'", item["ctx"]["expected"])
        return did_you_mean(str(value), choices) if len(choices) > 1 else None
    if item["type"] == "string_type" and isinstance(value, int | float):
        return "write it in quotes"
    return None


def _known_keys(model: "type[BaseModel] | None", path: Location) -> Iterable[str]:
    """The keys that may stand at `path` inside a value of `model`."""
    kind: Any = model
    for part in path:
        fields = getattr(kind, "model_fields", {})
        kind = fields[part].annotation if part in fields else (get_args(kind) or (None,))[-1]
    return getattr(kind, "model_fields", {})
