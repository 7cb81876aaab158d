"""YAML documents that remember the line of every value.

Protocol, brand, facts and case files share this reader: problems found later (by pydantic or by a
linter) are reported as `file:line: message (hint)`. Only `true` and `false` are booleans, so that
the branches `yes:` and `no:` stay words; dates stay text until the schema reads them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aplomo.errors import ConfigError, DocumentError, Problem

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["Document", "Location"]

type_names = {"missing": "is missing", "extra_forbidden": "is not a known key"}
Location = tuple[str | int, ...]

# Far above any honest file; stops an alias bomb before it fills the memory.
MAX_VALUES = 200_000


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
            root = yaml.compose(text, Loader=_loader())
            builder = _Builder(name)
            data = builder.build(root, ()) if root is not None else None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
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

    def problems(self, error: "ValidationError") -> Iterator[Problem]:
        """The problems of a pydantic `error`, each at its line, in words an author understands."""
        for item in error.errors(include_url=False):
            location = tuple(item["loc"])
            dotted = ".".join(str(part) for part in location) or "document"
            verdict = type_names.get(item["type"])
            message = f"{dotted} {verdict}" if verdict else f"{dotted}: {item['msg']}"
            yield self.problem(location, message)


class _Builder:
    """Turns YAML nodes into plain values, noting lines and repeated keys on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Location, int] = {}
        self.duplicates: list[Problem] = []
        self._count = 0

    def build(self, node: Any, location: Location) -> Any:
        self._count += 1
        if self._count > MAX_VALUES:
            raise ValueError(f"more than {MAX_VALUES} values: is there an alias loop?")
        self.lines.setdefault(location, node.start_mark.line + 1)
        if node.id == "mapping":
            return self._mapping(node, location)
        if node.id == "sequence":
            return [self.build(item, (*location, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: Any, location: Location) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.id != "scalar":
                raise ValueError(f"line {key_node.start_mark.line + 1}: a key must be a word")
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
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


def _scalar(node: Any) -> Any:
    import yaml

    tag = node.tag.rpartition(":")[2]
    if tag == "null":
        return None
    if tag == "bool":
        return node.value.lower() == "true"
    if tag in {"int", "float"}:
        return yaml.safe_load(node.value)
    if tag == "str":
        return node.value
    raise ValueError(f"line {node.start_mark.line + 1}: the tag {node.tag} is not allowed")


_cached_loader: Any = None


def _loader() -> Any:
    """A safe loader with the words yes/no/on/off and dates left as text."""
    global _cached_loader
    if _cached_loader is None:
        import re

        import yaml

        base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

        class Loader(base):
            pass

        dropped = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}
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
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else 1
    what = getattr(error, "problem", None) or (
        "nested too deeply" if isinstance(error, RecursionError) else str(error)
    )
    return Problem(file=name, line=line, message=f"not valid YAML: {what}")
