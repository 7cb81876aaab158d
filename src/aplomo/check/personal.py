"""Whether the public half tells what belongs in private."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any

from aplomo.check.base import Finding, Matter
from aplomo.check.text import plain, trusted, verdict
from aplomo.draft import Draft

__all__ = ["personal_data", "personal_in"]


def personal_data(draft: Draft, matter: Matter) -> Finding:
    """No e-mail, phone, account, card or national id, nor a reference echoed from the comment.

    The brand's own contact details and what its facts state are allowed.
    """
    own = _compact(" ".join(map(plain, trusted(matter))))
    text = plain(draft.text)
    problems = (
        f"{kind} '{found}'"
        for kind, found in (*_found(text), *(("reference", code) for code in _echoes(text, matter)))
        if _compact(found) not in own
    )
    return verdict("personal_data", problems, "none")


def personal_in(text: str) -> Iterator[tuple[str, str]]:
    """Everything in `text` that tells who somebody is: its kind, and the very words.

    Beside what `personal_data` looks for, every code that stands for an order, a case or a person.
    """
    yield from _found(text)
    yield from (("reference", code) for code in _codes(text))


def _found(text: str) -> Iterator[tuple[str, str]]:
    for kind, finder in _FINDERS:
        yield from ((kind, found) for found in finder(text))


def _compact(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}"
    r"(?:@|\s?\(at\)\s?|\s?\[at\]\s?|\sarroba\s)"
    r"[\w-]{1,63}(?:(?:\.|\spunto\s|\sdot\s)[\w-]{2,63}){1,4}"
)


def _emails(text: str) -> Iterator[str]:
    return (match[0] for match in _EMAIL.finditer(text))


# Numbering plans in which a number without its country code is tried.
REGIONS = ("ES", "MX", "AR", "CO", "US", "GB")
MOST_NUMBERS = 50
_PHONE = re.compile(r"(?<![\w.,])\+?\(?\d(?:[\s().\-/]{0,2}\d){6,16}(?![\w])")


def _phones(text: str) -> Iterator[str]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    matcher: Any = PhoneNumberMatcher
    for count, candidate in enumerate(_PHONE.finditer(text)):
        if count == MOST_NUMBERS:
            yield f"more than {MOST_NUMBERS} long numbers"
            return
        for region in REGIONS:
            if matcher(candidate[0], region, Leniency.VALID, 10).has_next():
                yield candidate[0]
                break


_CARD = re.compile(r"(?<![\w-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)", re.IGNORECASE)


def _cards(text: str) -> Iterator[str]:
    valid = _validator("stdnum.luhn")
    return (m[0] for m in _CARD.finditer(text) if valid(re.sub(r"\D", "", m[0])))


def _ibans(text: str) -> Iterator[str]:
    valid = _validator("stdnum.iban")
    for match in _IBAN.finditer(text):
        # The pattern cannot know where the account ends and the next word begins.
        parts = match[0].split(" ")
        for count in range(len(parts), 0, -1):
            if valid("".join(parts[:count])):
                yield " ".join(parts[:count])
                break


# Shape, and the module of python-stdnum that proves it; None where only the shape is known. The
# shapes keep their marks (dashes, letters), so that plain numbers are no ids.
_IDS: tuple[tuple[str, str | None], ...] = (
    (r"\d{2}\.?\d{3}\.?\d{3}[ -]?[A-Z]", "stdnum.es.dni"),
    (r"[XYZ][ -]?\d{7}[ -]?[A-Z]", "stdnum.es.nie"),
    (r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", "stdnum.mx.curp"),
    (r"[A-ZÑ&]{3,4}[ -]?\d{6}[ -]?[A-Z0-9]{3}", "stdnum.mx.rfc"),
    (r"\d{2}-\d{8}-\d", "stdnum.ar.cuit"),
    (r"\d{1,2}\.?\d{3}\.?\d{3}-[\dK]", "stdnum.cl.rut"),
    (r"\d{3}-\d{2}-\d{4}", "stdnum.us.ssn"),
    (r"\d{3}\.\d{3}\.\d{3}-\d{2}", "stdnum.br.cpf"),
    (r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", None),  # GB, NINO
    (
        r"(?:DNI|CURP|RFC|RUT|CUIT|NIE|SSN|pasaporte|passport)\W{1,12}[A-Z]{0,3}\d[\d.\-]{5,12}",
        None,
    ),
)


@cache
def _ids() -> tuple[tuple[re.Pattern[str], Callable[[str], bool] | None], ...]:
    return tuple(
        (
            re.compile(rf"(?<![\w.-])(?:{shape})(?!\w)", re.IGNORECASE),
            _validator(name) if name else None,
        )
        for shape, name in _IDS
    )


def _national_ids(text: str) -> Iterator[str]:
    for pattern, valid in _ids():
        for match in pattern.finditer(text):
            if valid is None or valid(match[0]):
                yield match[0]


def _validator(name: str) -> Callable[[str], bool]:
    return import_module(name).is_valid


# A code that stands for an order, a case or a person: five characters with at least four digits,
# or three and a letter; or three digits after a word that says so. Dates are none.
_CODE = re.compile(
    r"(?P<key>#|(?<!\w)(?:pedido|order|ticket|cas[oe]|ref\w*|cliente|customer|factura|invoice)\W{1,4}"
    r"(?:(?:n[úu]m\w*|number|no?)\W{1,4})?)?"
    r"(?<![\w-])(?P<code>[A-Z0-9](?:[-_/]?[A-Z0-9]){2,39})(?![\w-])",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,4}([-/])\d{1,2}\1\d{1,4}")


def _echoes(text: str, matter: Matter) -> Iterator[str]:
    """References of the comment that the reply repeats."""
    told = {_compact(code) for code in _codes(plain(matter.comment.text))}
    return (code for code in _codes(text) if _compact(code) in told)


def _codes(text: str) -> Iterator[str]:
    for match in _CODE.finditer(text):
        code = match["code"]
        digits, size = sum(map(str.isdigit, code)), len(_compact(code))
        telling = 3 if match["key"] or size > digits else 4
        if digits >= telling and (match["key"] or size >= 5) and not _DATE.fullmatch(code):
            yield code


_FINDERS = (
    ("e-mail", _emails),
    ("phone", _phones),
    ("account", _ibans),
    ("card", _cards),
    ("national id", _national_ids),
)
