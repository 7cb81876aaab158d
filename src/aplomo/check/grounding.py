"""Whether links, handles and numbers come from somewhere, and the cited facts are real."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from aplomo.check.base import Finding, Matter
from aplomo.check.text import halves, plain, sentences, standing, trusted, verdict
from aplomo.draft import Draft
from aplomo.links import Link, around_links, find_links
from aplomo.words import content_words, fold

__all__ = ["facts", "founded", "links", "numbers"]


def links(draft: Draft, matter: Matter) -> Finding:
    """Links lead to the brand's hosts or repeat one that a fact gives; handles are known ones."""
    given = [*trusted(matter), *(fact.source for fact in matter.facts.values())]
    urls = {link.url.casefold() for text in given for link in find_links(text)}
    handles = {h for text in (*given, matter.comment.text) for h in _handles(text)}
    handles |= {fold(matter.comment.author.name).lstrip("@"), fold(matter.comment.author.id)}
    problems = [
        f"{where}{problem}"
        for where, text in halves(draft)
        for problem in (
            *(f"links to {x.url}" for x in _written(text) if not _known(x, urls, matter)),
            *(f"mentions @{handle}" for handle in _handles(text) if handle not in handles),
        )
    ]
    return verdict("links", problems, "none unknown")


def _written(text: str) -> Iterator[Link]:
    """The links of `text`; a capital after a full stop (`Gracias.Es`) is a slip, not a domain."""
    for link in find_links(plain(text)):
        last = link.host.rpartition(".")[2]
        if not (link.bare and link.url.lower() == link.host and last.title() in link.url):
            yield link


def _known(link: Link, urls: set[str], matter: Matter) -> bool:
    hosts = matter.brand.links
    own = any(link.host == host or link.host.endswith(f".{host}") for host in hosts)
    return own or link.url.casefold() in urls


_HANDLE = re.compile(r"(?<![\w@.＠])@(\w+(?:\.\w+)*)")


def _handles(text: str) -> Iterator[str]:
    return (fold(match[1]) for match in _HANDLE.finditer(plain(text)))


def numbers(draft: Draft, matter: Matter) -> Finding:
    """Every number is in a fact, the contact or the template; short ones may echo the comment."""
    known = _values(trusted(matter))
    for value, units in _values([matter.comment.text]).items():
        if sum(map(str.isdigit, value)) <= _SHORT:
            known[value] |= units
    problems = [
        f"{where}{shown} is in no fact"
        for where, text in halves(draft)
        for value, unit, shown in _numbers(text)
        if not _covered(unit, known.get(value, set()))
    ]
    return verdict("numbers", problems, "none unfounded")


_SHORT = 3
"""Digits of a number that is no identifier, and may be repeated from the comment."""

_UNITS = (
    ("%", r"%|‰|por\s?ciento|percent"),
    ("money", r"[€$£¥]|euros?|eur|usd|dolar(?:es)?|dollars?|pesos?|pounds?|libras?"),
    ("minute", r"min(?:uto)?s?|minutes?"),
    ("hour", r"h|hs|hrs?|horas?|hours?"),
    ("day", r"dias?|days?"),
    ("week", r"semanas?|weeks?"),
    ("month", r"mes(?:es)?|months?"),
    ("year", r"anos?|years?"),
)
_TIME = {"minute", "hour", "day", "week", "month", "year"}
_AFTER = "|".join(f"(?P<u{i}>{shape})" for i, (_, shape) in enumerate(_UNITS))
_NUMBER = re.compile(
    r"(?P<before>[€$£¥]\s?)?(?<![^\W\d_])(?P<word>[^\W\d_]*+)(?P<value>\d+(?:[.,:/']\d+)*)"
    rf"(?:\s?(?:{_AFTER})(?![^\W\d]))?"
)
# A list's numbering, keycap emoji, addresses judged elsewhere.
_APART = re.compile(r"^[ \t]*+\d{1,2}[.)]\s|[0-9]\uFE0F?\u20E3|(?<!\S)[^\s@]*+@\S*", re.MULTILINE)


def _values(texts: Iterable[str]) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts:
        for value, unit, _ in _numbers(text):
            found[value].add(unit)
    return found


def _numbers(text: str) -> Iterator[tuple[str, str, str]]:
    """The numbers of `text`: canonical value, unit, and how they are written."""
    text = fold(_APART.sub(" ", around_links(text, find_links(text))))
    for match in _NUMBER.finditer(text):
        if match["word"] and len(match["value"]) <= _SHORT:
            continue  # a name such as MP3 or B2B
        unit = "money" if match["before"] else ""
        for index, (name, _) in enumerate(_UNITS):
            if match[f"u{index}"]:
                unit = name
        yield _canonical(match["value"]), unit, match[0].strip()


def _canonical(value: str) -> str:
    value = "".join(str(unicodedata.digit(c, 0)) if c.isdigit() else c for c in value)
    if re.fullmatch(r"\d{1,3}(?:[.,']\d{3})+", value):
        value = re.sub(r"\D", "", value)
    value = re.sub(r":00$", "", value)
    if re.fullmatch(r"\d+[.,]\d{1,2}", value):
        value = value.replace(",", ".").rstrip("0").rstrip(".")
    return value.lstrip("0") or "0"


def _covered(unit: str, units: set[str]) -> bool:
    """Whether a value known with `units` may be said with `unit`: a bare number fits any time."""
    return unit in units or (unit == "" and bool(units)) or (unit in _TIME and "" in units)


def facts(draft: Draft, matter: Matter) -> Finding:
    """Cited facts exist and hold; where one is needed, the text says what they state and no more.

    One is needed where the outcome requires it, and wherever the model answers a question.
    """
    problems = [f"'{id_}' is no valid fact" for id_ in draft.facts if id_ not in matter.facts]
    if not problems and _needs_fact(draft, matter):
        text = " ".join(part for _, part in halves(draft))
        if not draft.facts:
            problems.append("no fact is cited")
        elif not any(_reflects(text, matter.facts[id_].statement) for id_ in draft.facts):
            problems.append(f"the text does not say what {', '.join(draft.facts)} states")
        elif draft.origin == "model":
            problems += (f"no cited fact says '{said}'" for said in _unfounded(text, draft, matter))
    return verdict("facts", problems, ", ".join(draft.facts) or "none cited")


def _needs_fact(draft: Draft, matter: Matter) -> bool:
    asked = any(mark in matter.comment.text for mark in "?¿")
    by_model = draft.origin == "model" and matter.outcome.facts == "optional"
    return matter.outcome.facts == "required" or (asked and by_model)


SHARED = 0.4
"""The least share of a statement's words that a text must have to be saying it."""

_ROOT = 5


FOUNDED = 0.5
"""The least share of a sentence's words that a cited fact or a standing text must have."""

_FEW = 3
"""Words of weight that a sentence needs to state anything: a greeting has fewer."""


def founded(draft: Draft, matter: Matter) -> Draft:
    """`draft` without the public sentences that `facts` refuses, where they are beside the point.

    It stays as it is where no fact is needed, and where such a sentence takes up the comment's own
    words: then the answer itself is invented, and what is left would be none.
    """
    if not _needs_fact(draft, matter) or not all(id_ in matter.facts for id_ in draft.facts):
        return draft
    refused = list(_unfounded(draft.text, draft, matter))
    if not refused or _roots("\n".join(refused)) & _roots(matter.comment.text):
        return draft
    kept = (said for said in sentences(draft.text) if said not in refused)
    return replace(draft, text=" ".join(kept))


def _unfounded(text: str, draft: Draft, matter: Matter) -> Iterator[str]:
    """The sentences that say more than the cited facts and what people wrote for such replies."""
    cited = (line for id_ in draft.facts for line in matter.facts[id_].statement.values())
    replies = (exemplar.reply for exemplar in matter.brand.exemplars)
    known = _roots("\n".join((*standing(matter), *replies, *cited)))
    for sentence in sentences(text):
        said = _roots(sentence)
        if len(said) >= _FEW and len(said & known) < FOUNDED * len(said):
            yield sentence


def _reflects(text: str, statement: Mapping[str, str]) -> bool:
    said = _roots(text)
    return any(
        len(said & stated) >= SHARED * len(stated)
        for wording in statement.values()
        if (stated := _roots(wording))
    )


def _roots(text: str) -> set[str]:
    return {word[:_ROOT] for word in content_words(text)}
