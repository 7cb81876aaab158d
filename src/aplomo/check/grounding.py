"""Whether links, handles and numbers come from somewhere, and the cited facts are real."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from aplomo.check.base import Finding, Matter
from aplomo.check.text import halves, plain, sentences, standing, trusted, verdict
from aplomo.check.wording import phrases
from aplomo.draft import Draft
from aplomo.links import Link, around_links, find_links
from aplomo.words import fold, roots, words

__all__ = ["beside_the_point", "facts", "links", "names", "numbers"]


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


def names(draft: Draft, matter: Matter) -> Finding:
    """Every name is in the comment or its thread, a fact, or what people wrote for the brand.

    A name is a capital inside a sentence; one in capitals throughout is an abbreviation.
    """
    comment = matter.comment
    thread = (turn.text for turn in comment.thread)
    known = set(words("\n".join((*trusted(matter), comment.author.name, *thread, comment.text))))
    problems = [
        f"{where}names {name}"
        for where, text in halves(draft)
        for name in _names(text)
        if not name.isupper() and fold(name) not in known
    ]
    return verdict("names", problems, "none unknown")


def _names(text: str) -> Iterator[str]:
    return (match[0] for match in _NAME.finditer(plain(text)))


_NAME = re.compile(r"(?<=[\w,] )[A-ZÁÉÍÓÚÜÑ][^\W\d_]+")


def facts(draft: Draft, matter: Matter) -> Finding:
    """Cited facts exist and hold; where one is needed, the text says what one states, and no more.

    One is needed where the outcome requires it, and wherever the model answers a question. By
    words alone not everything can be told: a sentence that turns a fact's own words passes.
    """
    problems = [f"'{id_}' is no valid fact" for id_ in draft.facts if id_ not in matter.facts]
    if not problems and _needs_fact(draft, matter):
        text = " ".join(part for _, part in halves(draft))
        if not draft.facts:
            problems.append("no fact is cited")
        elif not any(_reflects(text, matter.facts[id_].statement) for id_ in draft.facts):
            problems.append(f"the text does not say what {', '.join(draft.facts)} states")
        elif draft.origin == "model":
            problems += (f"no cited fact says '{said}'" for said in _unfounded(draft, matter))
    return verdict("facts", problems, ", ".join(draft.facts) or "none cited")


def beside_the_point(draft: Draft, matter: Matter) -> list[str]:
    """The public sentences that `facts` refuses, where the reply is as good without them.

    None where no fact is needed, and none where one of them takes up the comment's own words: then
    the answer itself is invented, and what is left would be none.
    """
    if not _needs_fact(draft, matter) or not all(id_ in matter.facts for id_ in draft.facts):
        return []
    refused = list(_unfounded(draft, matter))
    return [] if roots("\n".join(refused)) & roots(matter.comment.text) else refused


def _needs_fact(draft: Draft, matter: Matter) -> bool:
    outcome = matter.outcome
    # An outcome that may cite facts and has to say nothing else is an answer, question mark or not.
    asked = any(mark in matter.comment.text for mark in "?¿") or not outcome.must
    by_model = draft.origin == "model" and outcome.facts == "optional"
    return outcome.facts == "required" or (asked and by_model)


SHARED = 0.4
"""The least share of a statement's words that a text must have to be saying it."""

FOUNDED = 0.5
"""The least share of a sentence's words that a cited fact or a standing text must have."""

_COURTESY = roots(
    "hola buenas buenos dias tardes noches saludos claro supuesto encantados gusto"
    " hiya morning afternoon evening cheers course sure glad happy welcome"
)
_DENIALS = frozenset({"no", "ni", "nunca", "sin", "tampoco", "not", "never", "without", "nor"})


def _unfounded(draft: Draft, matter: Matter) -> Iterator[str]:
    """The public sentences that say more than one cited fact and what people wrote for replies."""
    cited = [" ".join(matter.facts[id_].statement.values()) for id_ in draft.facts]
    shown = (e.reply for e in matter.brand.exemplars if set(e.facts) <= set(draft.facts))
    due = (phrase for id_ in matter.outcome.must for phrase in phrases(id_, matter))
    known = "\n".join((*standing(matter), *shown, *due, matter.comment.author.name))
    for sentence in sentences(draft.text):
        if not any(_founded(sentence, f"{known}\n{fact}", fact) for fact in ("", *cited)):
            yield sentence


def _founded(sentence: str, known: str, fact: str) -> bool:
    """Whether `sentence` is of `known` words, names no other name, and denies only what they do."""
    said, told = roots(sentence), roots(known) | _COURTESY
    named = {fold(name) for name in _names(sentence)}
    denies = _DENIALS & set(words(sentence)[1:])  # "No, we ship to..." denies no fact
    return (
        len(said & told) >= FOUNDED * len(said)
        and named <= set(words(known))
        and (not denies or bool(_DENIALS & set(words(fact or known))))
    )


def _reflects(text: str, statement: Mapping[str, str]) -> bool:
    said = roots(text)
    return any(
        len(said & stated) >= SHARED * len(stated)
        for wording in statement.values()
        if (stated := roots(wording))
    )
