"""YAML documents that remember the line of every value.

Protocol, brand, facts and case files share this reader: problems found later (by pydantic or by a
linter) are reported as `file:line: message (hint)`. Only `true` and `false` are booleans, so that
the branches `yes:` and `no:` stay words; dates stay text until the schema reads them.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from aplomo.errors import ConfigError, DocumentError, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

__all__ = ["Document", "Location", "did_you_mean"]

Location = tuple[str | int, ...]

# Far above any honest file; stop an alias bomb before it fills the memory, and a tower of brackets
# before it overflows the C stack of the YAML composer.
MAX_VALUES = 200_000
MAX_DEPTH = 100

_VERDICTS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "dict_type": "should be a mapping",
    "mapping_type": "should be a mapping",
    "model_type": "should be a mapping",
    "model_attributes_type": "should be a mapping",
    "string_too_short": "is empty",
    "too_short": "is empty",
}


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint naming the known word nearest to `word`, None when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean '{near[0]}'?" if near else None


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
        import yaml

        try:
            _refuse_towers(text)
            root = yaml.compose(text, Loader=_loader())
            builder = _Builder(name)
            data = builder.build(root, ()) if root is not None else None
        except (yaml.YAMLError, ValueError) as error:
            raise DocumentError(kind, [_syntax_problem(name, error)]) from None
        return cls(
            name=name,
            data=data,
            text=text,
            lines=builder.lines,
            duplicates=tuple(builder.duplicates),
        )

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
        return did_you_mean(str(value), re.findall("'(.*?)'", item["ctx"]["expected"]))
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


class _Refused(ValueError):
    """Well-formed YAML that this reader does not take, and the line where it stands."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _Builder:
    """Turns YAML nodes into plain values, noting lines and repeated keys on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Location, int] = {}
        self.duplicates: list[Problem] = []
        self._count = 0

    def build(self, node: Any, location: Location) -> Any:
        self._count += 1
        line = node.start_mark.line + 1
        if self._count > MAX_VALUES:
            raise _Refused(f"more than {MAX_VALUES} values, counting aliases", line)
        if len(location) > MAX_DEPTH:
            raise _Refused("an alias inside its own anchor", line)
        self.lines.setdefault(location, line)
        if node.id != "scalar" and node.tag not in _PLAIN_TAGS:
            raise _Refused(f"the tag {node.tag} is not allowed", line)
        if node.id == "mapping":
            return self._mapping(node, location)
        if node.id == "sequence":
            return [self.build(item, (*location, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: Any, location: Location) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.id != "scalar":
                raise _Refused("a key must be a word", line)
            key = str(key_node.value)
            if key in result:
                first = self.lines[(*location, key)]
                self.duplicates.append(
                    Problem(
                        file=self.name,
                        line=line,
                        message=f"duplicate id or key '{key}'",
                        hint=f"first written in line {first}",
                    )
                )
                continue
            self.lines[(*location, key)] = line
            result[key] = self.build(value_node, (*location, key))
        return result


_PLAIN_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


def _scalar(node: Any) -> Any:
    import yaml

    tag = node.tag.removeprefix("tag:yaml.org,2002:")
    if tag == "null":
        return None
    if tag == "bool":
        return node.value.lower() == "true"
    if tag == "str":
        return node.value
    line = node.start_mark.line + 1
    if tag in {"int", "float"}:
        try:
            value = yaml.safe_load(node.value)
        except (yaml.YAMLError, ValueError):
            value = None
        if isinstance(value, int | float):
            return value
        raise _Refused("not a number", line)
    raise _Refused(f"the tag {node.tag} is not allowed", line)


def _refuse_towers(text: str) -> None:
    """Refuse deep nesting from the flat event stream, before anything recurses over it."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=_loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _Refused("nested too deeply", event.start_mark.line + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


_cached_loader: Any = None


def _loader() -> Any:
    """A safe loader that leaves text alone: yes/no/on/off, dates, `=` and `<<`."""
    global _cached_loader
    if _cached_loader is None:
        import yaml

        base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

        class Loader(base):
            pass

        words = ("bool", "timestamp", "value", "merge")
        dropped = {f"tag:yaml.org,2002:{word}" for word in words}
        Loader.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag not in dropped]
            for first, resolvers in base.yaml_implicit_resolvers.items()
        }
        Loader.add_implicit_resolver(
            "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.IGNORECASE), list("tTfF")
        )
        _cached_loader = Loader
    return _cached_loader


def _syntax_problem(name: str, error: Exception) -> Problem:
    mark: Any = getattr(error, "problem_mark", None)
    line: int = mark.line + 1 if mark is not None else getattr(error, "line", 1)
    what = getattr(error, "problem", None) or str(error)
    return Problem(file=name, line=line, message=f"not valid YAML: {' '.join(what.split())}")
