"""Prompts live in `prompts/*.md`: variables are declared, substitution is strict, texts are hashed.

Whatever a stranger wrote enters a prompt through `fence`, as data between marks it cannot forge.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from aplomo.assets import folder
from aplomo.document import Document
from aplomo.errors import ConfigError
from aplomo.plain_text import visible

__all__ = ["Prompt", "ends", "fence", "load_prompt"]

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_MARKS = str.maketrans({"<": "‹", ">": "›"})
_FORGERY = re.compile(r"<{2,}|>{2,}|<\||\|>")

MAX_FENCED = 3_000
"""Characters of one text that a model is shown; the middle of a longer one is left out."""


@dataclass(frozen=True)
class Prompt:
    """One prompt file: its template text and the variables it declares."""

    name: str
    variables: frozenset[str]
    text: str

    @cached_property
    def sha256(self) -> str:
        """Hash of the template, as written in the decision record."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def render(self, **values: str) -> str:
        """The text with every variable filled in, in one pass: values are never expanded again.

        Raises ConfigError when a declared variable is missing or an unknown one is given.
        """
        if (given := frozenset(values)) != self.variables:
            wrong = ", ".join(sorted(given ^ self.variables))
            raise ConfigError(f"variables do not match: {wrong}", where=f"prompt {self.name}")
        return _SLOT.sub(lambda match: values[match[1]], self.text).strip()


def load_prompt(name: str, folders: Sequence[Path] = ()) -> Prompt:
    """The prompt `name`, from the first of `folders` that has it, else the shipped one.

    Raises ConfigError when it is missing, or when declared and used variables differ.
    """
    for place in (*folders, folder("prompts")):
        path = place / f"{name}.md"
        if path.is_file():
            return _read(path, path.stat().st_mtime_ns)
    raise ConfigError(f"there is no prompt '{name}'", hint=f"it should be at prompts/{name}.md")


@lru_cache(maxsize=32)
def _read(path: Path, _changed: int) -> Prompt:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot be read: {error}", where=str(path), hint="save as UTF-8"
        ) from None
    front = _FRONT.match(text)
    if front is None:
        raise ConfigError(
            "no front matter", where=str(path), hint="begin with --- / variables: [...] / ---"
        )
    header = Document.parse(front[1], name=str(path), kind="prompt").data
    try:
        declared = frozenset[str](header["variables"])
    except (KeyError, TypeError):
        raise ConfigError("the front matter declares no variables", where=str(path)) from None
    body = text[front.end() :]
    used = frozenset(_SLOT.findall(body))
    if declared != used:
        wrong = ", ".join(sorted(declared ^ used))
        raise ConfigError(f"declared and used variables differ: {wrong}", where=str(path))
    return Prompt(path.stem, used, body)


def fence(text: str) -> str:
    """`text` as data between `<<<` and `>>>`: visible characters only, no forged marks, bounded.

    Chat-template marks such as `<|im_end|>` are disarmed too, because servers that render
    templates as text would read them as the end of the message.
    """
    shown = " […] ".join(ends(text))
    safe = _FORGERY.sub(lambda match: match[0].translate(_MARKS), shown)
    return f"<<<\n{safe}\n>>>"


def ends(text: str) -> tuple[str, ...]:
    """The pieces of `text` that a model is shown: the whole, or of a long one both ends."""
    shown = visible(text).strip()
    half = MAX_FENCED // 2
    return (shown,) if len(shown) <= MAX_FENCED else (shown[:half], shown[-half:])
