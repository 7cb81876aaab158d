"""YAML as plain data, with the line of every value.

Only mappings, lists, text, numbers, `true`, `false` and null; every other tag is refused. The
branches `yes:` and `no:` stay words, and dates stay text until a schema reads them.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

__all__ = ["Location", "NotPlain", "Tree", "parse"]

Location = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

# Far above any honest file; stop an alias bomb before it fills the memory, and a tower of brackets
# before it overflows the C stack of the YAML composer.
MAX_VALUES = 200_000
MAX_DEPTH = 100
TOO_DEEP = "nested too deeply"


class NotPlain(ValueError):
    """Not YAML, or YAML beyond plain data; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Tree(NamedTuple):
    """Plain `data`; the line of each location; repeated keys as (key, line, first line)."""

    data: Any
    lines: Mapping[Location, int]
    duplicates: Sequence[tuple[str, int, int]]


def parse(text: str) -> Tree:
    """Parse one YAML document; data is None when there is none. Raises NotPlain."""
    import yaml

    builder = _Builder()
    try:
        _refuse_towers(text)
        root = yaml.compose(text, Loader=_loader())
    except yaml.YAMLError as error:
        raise _syntax_error(error) from None
    except UnicodeError:
        raise NotPlain("holds a character that is not text", 1) from None
    data = None if root is None else builder.build(root, ())
    return Tree(data, builder.lines, builder.duplicates)


def _syntax_error(error: Exception) -> NotPlain:
    mark: Any = getattr(error, "problem_mark", None)
    what: str = getattr(error, "problem", None) or str(error)
    if "nesting depth" in what:  # newer libyaml counts brackets itself, in words of its own
        what = TOO_DEEP
    return NotPlain(" ".join(what.split()), mark.line + 1 if mark else 1)


class _Builder:
    """Turns YAML nodes into plain values, noting lines and repeated keys on the way."""

    def __init__(self) -> None:
        self.lines: dict[Location, int] = {}
        self.duplicates: list[tuple[str, int, int]] = []
        self._count = 0

    def build(self, node: Any, location: Location) -> Any:
        self._count += 1
        line = node.start_mark.line + 1
        if self._count > MAX_VALUES:
            raise NotPlain(f"more than {MAX_VALUES} values, counting aliases", line)
        if len(location) > MAX_DEPTH:
            raise NotPlain("an alias inside its own anchor", line)
        self.lines.setdefault(location, line)
        if node.id != "scalar" and node.tag not in _PLAIN_TAGS:
            raise NotPlain(f"the tag {node.tag} is not allowed", line)
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
                raise NotPlain("a key must be a word", line)
            key = str(key_node.value)
            if key in result:
                self.duplicates.append((key, line, self.lines[(*location, key)]))
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
        raise NotPlain("not a number", line)
    raise NotPlain(f"the tag {node.tag} is not allowed", line)


def _refuse_towers(text: str) -> None:
    """Refuse deep nesting from the flat event stream, before anything recurses over it."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=_loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark: Any = event.start_mark
                raise NotPlain(TOO_DEEP, mark.line + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


@cache
def _loader() -> Any:
    """A safe loader that leaves text alone: yes/no/on/off, dates, `=` and `<<`."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):
        pass

    dropped = {f"tag:yaml.org,2002:{word}" for word in ("bool", "timestamp", "value", "merge")}
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in dropped]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver(
        "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.IGNORECASE), list("tTfF")
    )
    return Loader
