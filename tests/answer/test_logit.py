import math

import pytest

from aplomo.answer.logit import answer_logit
from aplomo.llm.port import Token


def tokens(*pieces: str | tuple[str, dict[str, float]]) -> tuple[Token, ...]:
    made: list[Token] = []
    for piece in pieces:
        text, odds = piece if isinstance(piece, tuple) else (piece, {})
        made.append(Token(text=text, alternatives={k: math.log(v) for k, v in odds.items()}))
    return tuple(made)


SURE = {"yes": 0.8, "no": 0.2}


@pytest.mark.parametrize(
    "pieces",
    [
        ('{"a":"', ("yes", SURE), '"}'),
        ('{"', "a", '": "', ("yes", SURE), '","b":"no"}'),
        ('{"a":', ('"yes', {'"yes': 0.8, '"no': 0.2, "[": 0.5}), '"}'),
        ('{"a":"', ("yes", {"yes": 0.5, "y": 0.2, "Yes": 0.1, "no": 0.1, "n": 0.1}), '"}'),
        ('{"a":"', ('yes"', {'yes"': 0.8, 'no"}': 0.2, "maybe": 0.5}), "}"),
    ],
)
def test_log_odds_are_read_wherever_the_tokens_split(pieces: tuple[object, ...]) -> None:
    logit = answer_logit(tokens(*pieces), "a")  # type: ignore[arg-type]
    assert logit == pytest.approx(math.log(4))


def test_the_right_question_is_read_among_several() -> None:
    row = tokens('{"a":"', ("no", {"no": 0.9, "yes": 0.1}), '","ab":"', ("yes", SURE), '"}')
    assert answer_logit(row, "a") == pytest.approx(-math.log(9))
    assert answer_logit(row, "ab") == pytest.approx(math.log(4))


def test_a_label_that_is_not_listed_gets_a_floor_not_infinity() -> None:
    logit = answer_logit(tokens('{"a":"', ("yes", {"yes": 1.0}), '"}'), "a")
    assert logit == pytest.approx(-math.log(1e-9))


@pytest.mark.parametrize(
    "row",
    [(), tokens('{"b":"', ("yes", SURE)), tokens('{"a":"'), tokens('{"a":"', ("?", {"?": 1.0}))],
)
def test_no_place_or_no_label_gives_none(row: tuple[Token, ...]) -> None:
    assert answer_logit(row, "a") is None
