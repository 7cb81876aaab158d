from concurrent.futures import ThreadPoolExecutor

import pytest
from inline_snapshot import snapshot

from aplomo.comment import Author, Comment, Turn
from aplomo.errors import RuleError
from aplomo.protocol.rule import compile_rule

COMMENT = Comment(
    text="Grac\u200bias, llevo 3 días",
    channel="x",
    author=Author(id="1", name="ana", kind="press", followers=1200, verified=True),
    thread=(Turn(text="Hola", author="brand", kind="agent"),),
    history=("antes",),
    meta={"plan": "gold", "matches": "7"},
)


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ('text.matches("(?i)gracias")', True),
        ('text.contains("\u200b")', False),
        ('channel == "x" && lang == ""', True),
        ('author.id == "1" && author.name == "ana" && author.kind == "press"', True),
        ("author.followers > 1000 && author.verified && !author.customer", True),
        ('thread.exists(t, t.kind == "agent" && t.author == "brand" && t.text == "Hola")', True),
        ("size(thread) == 0", False),
        ('history[0] == "antes"', True),
        ('has(meta.plan) && meta.plan == "gold"', True),
        ('has(meta.tier) && meta.tier == "gold"', False),
        ("text.matches(r'\\d+ días')", True),
        ('has(meta.matches) && meta.matches == "7"', True),
    ],
)
def test_a_rule_reads_the_comment(expression: str, verdict: bool) -> None:
    assert compile_rule(expression)(COMMENT) is verdict


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('meta.tier == "gold"', snapshot('the rule failed: Key not found in map : "tier"')),
        ('thread[3].text == "x"', snapshot("the rule failed: Index error: index=3 size=1")),
        ('thread[0].mood == "x"', snapshot('the rule failed: Key not found in map : "mood"')),
        ("author.followers / 0 == 1", snapshot("the rule failed: divide by zero")),
    ],
)
def test_a_rule_that_cannot_tell_says_why(expression: str, reason: str) -> None:
    rule = compile_rule(expression)
    with pytest.raises(RuleError) as caught:
        rule(COMMENT)
    assert str(caught.value) == reason


def test_a_value_out_of_range_is_a_reason_too() -> None:
    rule = compile_rule("author.followers > 1")
    with pytest.raises(RuleError, match="the rule failed"):
        rule(Comment(text="a", author=Author(followers=2**70)))


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", snapshot("Syntax error: mismatched input '<EOF>' (column 1)")),
        ("(", snapshot("Syntax error: mismatched input '<EOF>' (column 2)")),
        (
            "txt == '' && foo",
            snapshot(
                "unknown name 'txt' (column 1); unknown name 'foo' (column 14) (did you mean 'text'?)"
            ),
        ),
        (
            "text == '' &&\n  authr.name == ''",
            snapshot("unknown name 'authr.name' (line 2, column 8) (did you mean 'author.name'?)"),
        ),
        (
            "author.folowers > 1",
            snapshot(
                "unknown name 'author.folowers' (column 7) (did you mean 'author.followers'?)"
            ),
        ),
        ("text", snapshot("must be true or false, not string")),
        ("dyn(text)", snapshot("must be true or false, not dyn")),
        ("text.matches('(')", snapshot("invalid regular expression: missing ): (, in '('")),
        (
            "matches(text, '''[''')",
            snapshot("invalid regular expression: missing ]: [, in '''['''"),
        ),
        (
            'false && text.matches(r"\\d(")',
            snapshot('invalid regular expression: missing ): \\d(, in r"\\d("'),
        ),
        (
            "history.exists(h, h.matches('a{2000}'))",
            snapshot("invalid regular expression: invalid repetition size: {2000}, in 'a{2000}'"),
        ),
        (
            "text.matches('(' + text)",
            snapshot("invalid regular expression: invalid perl operator: (?"),
        ),
        ("text == '\ud800'", snapshot("holds a character that is not text")),
        (
            "[" * 5000 + "]" * 5000 + " == []",
            snapshot("Expression recursion limit exceeded. limit: 32"),
        ),
        (
            "!" * 200_000 + "true",
            snapshot("expression size exceeds codepoint limit. input size: 200004, limit: 100000"),
        ),
    ],
    ids=range(15),
)
def test_a_wrong_rule_is_refused(expression: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_rule(expression)
    hint = f" ({caught.value.hint})" if caught.value.hint else ""
    assert str(caught.value) + hint == message


@pytest.mark.parametrize(
    "expression",
    [
        "text.contains('matches(\"(\")')",
        "text == 'x' // matches('(')",
        "text.matches('a') || text.startsWith('(')",
        'text.matches("\\\\(")',
        "(text.matches('a'))",
    ],
)
def test_only_patterns_are_read_as_patterns(expression: str) -> None:
    compile_rule(expression)


def test_a_rule_is_compiled_once() -> None:
    assert compile_rule("text == 'once'") is compile_rule("text == 'once'")


def test_a_huge_comment_and_a_greedy_pattern() -> None:
    rule = compile_rule('text.matches("(a+)+$")')
    assert rule(Comment(text="a" * 200_000 + "!")) is False


def test_rules_run_in_threads() -> None:
    rule = compile_rule('text.matches("^[0-9]*[02468]$")')
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(rule, [Comment(text=str(n)) for n in range(400)]))
    assert verdicts == [n % 2 == 0 for n in range(400)]
