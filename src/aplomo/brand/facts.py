"""Which facts a text is about: full-text search by SQLite, in memory."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date

from aplomo.brand.model import Fact
from aplomo.comment import Comment
from aplomo.words import content_words, root, words

__all__ = ["about", "search"]

MOST_TERMS = 64
"""Of a long text only the first terms are looked for."""


def about(facts: Mapping[str, Fact], comment: Comment, on: date) -> tuple[Fact, ...]:
    """The facts that `comment` and what its author said before it are about, likeliest first."""
    # The comment's own words first: of a long query only the first are looked for.
    query = "\n".join(reversed(comment.said))
    return search(facts, query, comment.lang or "", on)


def search(
    facts: Mapping[str, Fact], query: str, lang: str, on: date, most: int = 3
) -> tuple[Fact, ...]:
    """The at most `most` facts holding on that day that `query` is about, the likeliest first.

    Ranked by BM25 over the statements in `lang` and the questions they answer; accents, case and
    endings do not count; equal ranks in the order of their ids. Empty when no word of weight is
    shared.
    """
    held = [fact for fact in facts.values() if fact.holds(on) and lang in fact.statement]
    terms = " OR ".join(dict.fromkeys(_terms(query)))
    if not held or not terms:
        return ()
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute(
            "CREATE VIRTUAL TABLE fact USING fts5(id UNINDEXED, wording, tokenize=unicode61)"
        )
        rows = [(fact.id, " ".join(words(_wording(fact, lang)))) for fact in held]
        base.executemany("INSERT INTO fact VALUES (?, ?)", rows)
        found = base.execute(
            "SELECT id FROM fact WHERE fact MATCH ? ORDER BY bm25(fact), id LIMIT ?", (terms, most)
        ).fetchall()
    return tuple(facts[id_] for (id_,) in found)


def _wording(fact: Fact, lang: str) -> str:
    return "\n".join((fact.statement[lang], *fact.questions.get(lang, ())))


def _terms(query: str) -> Iterator[str]:
    """The words of weight, each as a quoted prefix: nothing in a text is query syntax."""
    for word in content_words(query)[:MOST_TERMS]:
        yield f'"{root(word)}"*' if len(word) > 3 else f'"{word}"'
