"""Answers kept in a file: found again, and only where the same is wanted again."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from aplomo import ScriptedModel
from aplomo.errors import ConfigError
from aplomo.evals.kept import Kept
from aplomo.llm.port import Completion, Message, Request, Token, Usage

ASK = Request(purpose="answer:1", messages=(Message(role="user", content="¿Qué tal?"),))
TOLD = Completion(
    text="bien",
    usage=Usage(calls=1, output_tokens=2),
    tokens=(Token(text="bien", alternatives={"bien": -0.25}),),
    state=(0.5, -1.0),
)


def test_an_answer_is_found_whole_in_a_file_opened_again(tmp_path: Path) -> None:
    place = tmp_path / "made" / "kept.sqlite"
    with ScriptedModel([TOLD]) as model:
        with closing(Kept(model, place)) as kept:
            assert kept.complete(ASK, timeout=1) == TOLD
        with closing(Kept(model, place)) as kept:
            assert kept.complete(replace(ASK, purpose="other"), timeout=1) == TOLD


def test_a_retry_wants_another_answer(tmp_path: Path) -> None:
    again = replace(ASK, temperature=0.3)
    model = ScriptedModel(["no JSON", "{}", "{1}"])
    with model, closing(Kept(model, tmp_path / "kept.sqlite")) as kept:
        given = [kept.complete(each, timeout=1).text for each in (ASK, again, again, ASK)]
    assert given == ["no JSON", "{}", "{1}", "no JSON"]


def test_a_file_of_others_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "theirs.sqlite"
    with closing(sqlite3.connect(place)) as base:
        base.execute("CREATE TABLE customers (id)")
    with ScriptedModel([]) as model:
        with pytest.raises(ConfigError, match="keeps no answers: it holds something else"):
            Kept(model, place)
        with pytest.raises(ConfigError, match=r"keeps no answers: unable to open"):
            Kept(model, tmp_path)
