"""Patterns are evaluated by a RE2 of ours, which keeps them compiled: nothing else may differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aplomo.comment import Author, Comment
from aplomo.protocol.rule import RuleError, compile_rule


@given(st.text(alphabet="aáñ €\n👍.x", max_size=12))
def test_a_pattern_finds_what_cel_finds(text: str) -> None:
    ours = compile_rule(r'text.matches(r"\ba.\b|[ñ👍]$|€ x")')
    theirs = compile_rule(r'matches(text, r"\ba.\b|[ñ👍]$|€ x")')
    comment = Comment(text=f"-{text}")
    assert ours(comment) == theirs(comment)


def test_the_word_in_a_literal_is_no_call() -> None:
    assert compile_rule('text == "x.matches(y)"')(Comment(text="x.matches(y)"))


def test_a_pattern_that_only_the_comment_breaks_is_no_opinion() -> None:
    rule = compile_rule('author.id == "1" && text.matches(author.name)')
    with pytest.raises(RuleError, match="the rule failed"):
        rule(Comment(text="a", author=Author(id="1", name="(")))
