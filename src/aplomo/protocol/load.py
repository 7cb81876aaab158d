"""YAML in, a checked protocol out: everything wrong is reported at once, each with file and line.

A file is read piece by piece, so that a question of the wrong shape hides nothing of the others:
what could be read becomes a Sketch, the checks look at the sketch, and only a sketch without
flaws becomes a Protocol.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from pydantic import BaseModel, ValidationError

from aplomo.document import Document, Location, did_you_mean
from aplomo.errors import ConfigError, DocumentError, Problem
from aplomo.protocol.build import build
from aplomo.protocol.content import CONTENT_CHECKS
from aplomo.protocol.lint import GRAPH_CHECKS
from aplomo.protocol.model import HUMAN_REVIEW, Protocol, Verdict
from aplomo.protocol.shape import ElementShape, OutcomeShape, ProtocolShape, QuestionShape
from aplomo.protocol.sketch import Sketch

__all__ = ["find_protocol", "load", "loads"]

_KIND = "protocol"
_VERDICTS: tuple[Verdict, ...] = ("yes", "no", "unsure")
_GROUPS = ("elements", "questions", "outcomes")
# What stands in for a missing required field, once reported, so that the others are still read.
_STAND_INS: Mapping[type[BaseModel], Mapping[str, Any]] = {
    ProtocolShape: {"id": "x", "languages": ["xx"], "questions": {}, "outcomes": {}},
    QuestionShape: {"yes": "x", "no": "x"},
}
Shape = TypeVar("Shape", bound=BaseModel)


def load(path: Path) -> Protocol:
    """The protocol of a file.

    Raises ConfigError when it cannot be read, DocumentError with everything wrong with it.
    """
    return _protocol(Document.read(path, kind=_KIND))


def loads(text: str, *, name: str = "<text>") -> Protocol:
    """The protocol of a YAML `text`; `name` stands for the file in errors.

    Raises DocumentError with everything wrong with it.
    """
    return _protocol(Document.parse(text, name=name, kind=_KIND))


def find_protocol(name_or_path: str, folders: Sequence[Path]) -> Path:
    """The file of a protocol: a path, or the id of one in `folders`, the first folder winning.

    Raises ConfigError, listing the ids there are, when there is no such protocol.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    known = {file.stem: file for folder in reversed(folders) for file in folder.glob("*.yaml")}
    if name_or_path in known:
        return known[name_or_path]
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        raise ConfigError("protocol file not found", where=name_or_path)
    ids = ", ".join(sorted(known)) or "none"
    hint = did_you_mean(name_or_path, known) or "give a path or an id"
    raise ConfigError(f"no protocol '{name_or_path}'; available: {ids}", hint=hint)


def _protocol(document: Document) -> Protocol:
    reader = _Reader(document)
    sketch = reader.sketch()
    for check in (*GRAPH_CHECKS, *CONTENT_CHECKS):
        for location, message, hint in check(sketch) if sketch else ():
            # A field of the wrong shape was reported as such; what follows from it is noise.
            if reader.broken.isdisjoint((location[:1], location[:3])):
                reader.problems.append(document.problem(location, message, hint))
    if reader.problems:
        raise DocumentError(_KIND, reader.problems)
    sha256 = hashlib.sha256(document.text.encode()).hexdigest()
    return build(ProtocolShape.model_validate(document.data), sha256)


class _Reader:
    """Reads the pieces of a document; notes what is wrong, and goes on with the rest."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = list(document.duplicates)
        self.broken: set[Location] = set()

    def sketch(self) -> Sketch | None:
        """What could be read; None when the file is not even a mapping."""
        data = self.document.data
        top: dict[str, Any] = data
        if _is_mapping(data):
            top = {key: {} if key in _GROUPS else value for key, value in data.items()}
        head = self._piece(ProtocolShape, (), top)
        if head is None:
            return None
        elements = self._group(("elements",), data)
        questions = self._group(("questions",), data)
        outcomes = self._group(("outcomes",), data)
        translated = {name: self._group(("elements", name), elements) for name in elements}
        for name, by_lang in translated.items():
            self._pieces(ElementShape, ("elements", name), by_lang)
        return Sketch(
            languages=() if ("languages",) in self.broken else tuple(head.languages),
            title=head.title,
            start=head.start or next(iter(questions), ""),
            branches={name: _branches(raw) for name, raw in questions.items()},
            questions=self._pieces(QuestionShape, ("questions",), questions),
            outcome_ids=frozenset(outcomes) | {HUMAN_REVIEW},
            outcomes=self._pieces(OutcomeShape, ("outcomes",), outcomes),
            elements=translated,
        )

    def _group(self, location: Location, parent: Mapping[str, Any]) -> dict[str, Any]:
        """The mapping at `location`; empty when it is not there, or is something else."""
        raw = parent.get(str(location[-1]), {})
        if _is_mapping(raw):
            return raw
        verdict = "is empty" if raw is None else "should be a mapping"
        self._note(location, f"{'.'.join(map(str, location))} {verdict}")
        return {}

    def _note(self, location: Location, message: str) -> None:
        self.problems.append(self.document.problem(location, message))
        self.broken.add(location)

    def _pieces(
        self, model: type[Shape], at: Location, group: Mapping[str, Any]
    ) -> dict[str, Shape]:
        pieces = {name: self._piece(model, (*at, name), raw) for name, raw in group.items()}
        return {name: piece for name, piece in pieces.items() if piece is not None}

    def _piece(self, model: type[Shape], at: Location, raw: Any) -> Shape | None:
        """`raw` read as `model`, wrong fields left out; None when too little is right."""
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            self.problems += self.document.problems(error, at=at, model=model)
            wrong = {item["loc"][0] for item in error.errors() if item["loc"]}
            self.broken |= {(*at, field) for field in wrong} or {at}
        if not wrong:
            return None
        right = {key: value for key, value in raw.items() if key not in wrong}
        try:
            return model.model_validate({**_STAND_INS.get(model, {}), **right})
        except ValidationError:
            return None


def _is_mapping(raw: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(raw, dict)


def _branches(raw: Any) -> dict[Verdict, str]:
    """The targets of a question, whatever else is wrong with it."""
    if not _is_mapping(raw):
        return {}
    written = {"unsure": HUMAN_REVIEW, **raw}
    return {v: written[v].strip() for v in _VERDICTS if isinstance(written.get(v), str)}
