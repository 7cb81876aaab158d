"""Reads brand.yaml and facts.yaml; refuses a wrong one with every problem at once."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aplomo.brand.model import Brand, Channel, Exemplar, Fact, Limit
from aplomo.document import Document
from aplomo.errors import DocumentError, Problem

if TYPE_CHECKING:
    from aplomo.brand.schema import BrandFile, FactsFile

__all__ = ["load_brand", "load_facts", "loads_brand", "loads_facts"]

Shape = TypeVar("Shape", "BrandFile", "FactsFile")

BY_LANGUAGE = ("tone", "address", "do", "dont", "banned", "contact", "signature", "disclosure")


def load_brand(path: Path) -> Brand:
    """The brand written in `path`.

    Raises ConfigError when there is no readable file, DocumentError with every problem in it.
    """
    return _brand(Document.read(path, kind="brand"))


def loads_brand(text: str, *, name: str = "<text>") -> Brand:
    """The brand written in `text`; `name` stands for the file in problems. Raises DocumentError."""
    return _brand(Document.parse(text, name=name, kind="brand"))


def load_facts(path: Path, *, languages: Sequence[str]) -> Mapping[str, Fact]:
    """The facts written in `path`, by id; each must be stated in all of `languages`.

    Raises ConfigError when there is no readable file, DocumentError with every problem in it.
    """
    return _facts(Document.read(path, kind="facts"), languages)


def loads_facts(text: str, *, languages: Sequence[str], name: str = "<text>") -> Mapping[str, Fact]:
    """The facts written in `text`; `name` stands for the file in problems. Raises DocumentError."""
    return _facts(Document.parse(text, name=name, kind="facts"), languages)


def _brand(document: Document) -> Brand:
    from aplomo.brand.schema import BrandFile

    shape = _shaped(document, BrandFile, "brand", _brand_problems(document))
    return Brand(
        id=shape.id,
        name=shape.name,
        languages=shape.languages,
        tone=shape.tone,
        address=dict(shape.address),
        do=shape.do,
        dont=shape.dont,
        banned=shape.banned,
        contact=shape.contact,
        signature=shape.signature,
        disclosure=shape.disclosure,
        promises=shape.promises,
        links=shape.links,
        exemplars=tuple(Exemplar(**dict(item)) for item in shape.exemplars),
        channels={
            id_: Channel(
                id=id_,
                limits=tuple(Limit(**dict(limit)) for limit in channel.limits),
                public_only=channel.public_only,
            )
            for id_, channel in shape.channels.items()
        },
        sha256=hashlib.sha256(document.text.encode()).hexdigest(),
    )


def _facts(document: Document, languages: Sequence[str]) -> Mapping[str, Fact]:
    from aplomo.brand.schema import FactsFile

    shape = _shaped(document, FactsFile, "facts", _fact_problems(document, languages))
    return {
        id_: Fact(
            id=id_,
            statement=fact.statement,
            source=fact.source,
            questions=fact.questions,
            valid_until=date.fromisoformat(fact.valid_until) if fact.valid_until else None,
        )
        for id_, fact in shape.facts.items()
    }


def _shaped(
    document: Document, shape: type[Shape], kind: str, problems: Iterator[Problem]
) -> Shape:
    """`document` in its shape; raises DocumentError with what pydantic and we found wrong."""
    from pydantic import ValidationError

    found = [*document.duplicates, *problems]
    try:
        shaped = shape.model_validate(document.data)
    except ValidationError as error:
        raise DocumentError(kind, [*found, *document.problems(error, model=shape)]) from None
    if found:
        raise DocumentError(kind, found)
    return shaped


# What one value cannot tell. These read the plain data, so that they still speak when its shape
# is wrong elsewhere.


def _brand_problems(document: Document) -> Iterator[Problem]:
    data = _mapping(document.data)
    languages = [str(lang) for lang in _list(data.get("languages"))]
    if len(set(languages)) < len(languages):
        yield document.problem(("languages",), "languages: the same language twice")
    for key in BY_LANGUAGE:
        if texts := _mapping(data.get(key)):
            yield from _uneven(document, (key,), texts, languages)
    for index, item in enumerate(_list(data.get("exemplars"))):
        lang = _mapping(item).get("lang")
        if languages and isinstance(lang, str) and lang not in languages:
            where = ("exemplars", index, "lang")
            yield document.problem(where, f"exemplars.{index}.lang: '{lang}' is no brand language")


def _fact_problems(document: Document, languages: Sequence[str]) -> Iterator[Problem]:
    for id_, fact in _mapping(_mapping(document.data).get("facts")).items():
        if id_ == "none":  # how the model says that no fact covers a claim
            yield document.problem(("facts", id_), "a fact cannot be called 'none'")
        statement = _mapping(fact).get("statement")
        if isinstance(statement, dict):
            where = ("facts", id_, "statement")
            yield from _uneven(document, where, _mapping(statement), languages, more=True)
            for lang in _mapping(_mapping(fact).get("questions")):
                if lang not in statement and lang not in languages:
                    where = ("facts", id_, "questions", lang)
                    yield document.problem(where, f"{'.'.join(where)}: no statement in '{lang}'")


def _uneven(
    document: Document,
    where: tuple[str | int, ...],
    texts: Mapping[str, Any],
    languages: Sequence[str],
    *,
    more: bool = False,
) -> Iterator[Problem]:
    """The languages that `texts` lacks, and those it has `more` of than allowed."""
    name = ".".join(map(str, where))
    for lang in languages:
        if lang not in texts:
            yield document.problem(where, f"{name} has no text in '{lang}'")
    for lang in texts:
        if languages and lang not in languages and not more:
            where_lang = (*where, lang)
            yield document.problem(where_lang, f"{name}.{lang}: '{lang}' is no brand language")


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
