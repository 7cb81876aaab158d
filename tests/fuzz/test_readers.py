"""Whatever the bytes, readers and loaders raise nothing but errors of the tree."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aplomo.answer.evidence import locate_quote
from aplomo.answer.instruction import instruction_in
from aplomo.answer.logit import answer_logit
from aplomo.brand.channel import CHANNELS
from aplomo.brand.load import loads_brand, loads_facts
from aplomo.check import CHECKS
from aplomo.check.base import Matter
from aplomo.cli.main import cli
from aplomo.comment import Comment
from aplomo.draft import Draft
from aplomo.errors import AplomoError
from aplomo.llm.failures import retry_after
from aplomo.llm.port import Token
from aplomo.llm.reading import read_body
from aplomo.plain_text import json_text, one_line, printable
from aplomo.protocol.load import loads
from orders import ORDERS
from small_world import BRAND, PROTOCOL

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TEXT = st.text(st.characters(), max_size=200)
PIECES = st.lists(
    st.sampled_from(["id: x", "questions:", "outcomes:", "  a:", "    yes: b", "- ", "&a ", "*a", "!!x ",
                     "languages: [es]", "facts:", "{", "[", '"', "\t", "é", "\x00", "? ", ": "]),
    max_size=25,
).map("\n".join)  # fmt: skip
LOADERS: list[Callable[[str], object]] = [
    loads, loads_brand, lambda text: loads_facts(text, languages=["es"]),
]  # fmt: skip
ARGUMENT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
few = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@few
@given(TEXT | PIECES | JSON.map(json.dumps), st.sampled_from(LOADERS))
def test_loaders_refuse_what_they_cannot_read(text: str, load: Callable[[str], object]) -> None:
    try:
        load(text)
    except AplomoError as error:
        assert str(error)


@few
@given(st.binary(max_size=200) | JSON.map(lambda data: json.dumps(data).encode()))
def test_a_body_is_a_completion_or_an_error_of_the_tree(data: bytes) -> None:
    try:
        read_body(data, structured=True, where="h")
    except AplomoError as error:
        assert str(error)


@few
@given(JSON)
def test_a_choice_with_anything_in_it(data: object) -> None:
    message = {"content": "yes", "refusal": None}
    choice = {"message": message, "logprobs": data, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice], "usage": data}).encode()
    assert read_body(body, structured=False, where="h").text == "yes"


@given(st.floats(), st.floats(), st.text(max_size=5))
def test_log_odds_are_finite_or_absent(yes: float, no: float, other: str) -> None:
    tokens = [
        Token(text='{"q":"', alternatives={}),
        Token(text="yes", alternatives={"yes": yes, "no": no, other: yes}),
    ]
    logit = answer_logit(tokens, "q")
    assert logit is None or abs(logit) < 25


@few
@given(TEXT, TEXT)
def test_a_located_quote_is_a_piece_of_the_text(quote: str, text: str) -> None:
    found = locate_quote(quote, text)
    assert found is None or (found and found in text)
    assert (locate_quote(text, text) or "") in text


@few
@given(TEXT, st.sampled_from(ORDERS["en"] + ORDERS["es"]))
def test_an_order_is_found_wherever_it_stands(text: str, order: str) -> None:
    assert instruction_in(Comment(text=f"{text}\n{order}")) is not None


@few
@given(TEXT)
def test_what_is_printed_moves_nothing_and_what_is_written_is_one_line(text: str) -> None:
    assert not any(ord(char) < 32 for char in one_line(text))
    assert not any(0x7F <= ord(char) < 0xA0 or char in "\r\x1b" for char in printable(text))
    assert len(json_text({text: text}).splitlines()) == 1
    assert json.loads(json_text(text)) == text


@few
@given(TEXT)
def test_a_server_may_say_anything_of_when_to_come_back(text: str) -> None:
    wait = retry_after({"retry-after": text})
    assert wait is None or wait >= 0


@few
@given(TEXT, TEXT)
def test_no_check_breaks(text: str, said: str) -> None:
    matter = Matter(
        comment=Comment(text=said + "x"),
        lang="es",
        outcome=PROTOCOL.outcomes["thank"],
        elements=PROTOCOL.elements,
        brand=BRAND,
        channel=CHANNELS["x"],
        facts={},
        prompt="You write replies",
        recent=(said,),
    )
    for check in CHECKS:
        check(Draft(text=text), matter)


@pytest.mark.parametrize("command", ["draft", "protocol lint", "protocol show"])
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ARGUMENT, max_size=3))
def test_any_arguments_end_in_an_error_of_the_tree(command: str, arguments: list[str]) -> None:
    words = [*command.split(), "--protocol=nowhere"] if command == "draft" else command.split()
    done = CliRunner().invoke(cli, [*words, *arguments])
    assert done.exception is None or isinstance(done.exception, AplomoError | SystemExit)
