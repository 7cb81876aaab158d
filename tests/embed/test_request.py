"""The request in JSON: what is shipped is what is accepted."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from aplomo import Comment, InputError, UsageError
from aplomo.embed.request import SCHEMA, asking_from, generated_schema, request_schema

VALIDATOR: Any = Draft202012Validator(request_schema())
FULL: dict[str, Any] = {
    "schema": SCHEMA,
    "comment": {
        "text": "Otra vez cerrados",
        "channel": "x",
        "lang": "es",
        "author": {"id": "u-1", "followers": 3, "customer": True},
        "thread": [{"text": "Hola", "kind": "agent"}],
        "history": ["antes"],
        "meta": {"stars": "1"},
    },
    "answers": {"positive": "no"},
}


def test_the_shipped_schema_is_current() -> None:
    assert request_schema() == generated_schema()
    assert request_schema()["$id"] == SCHEMA
    Draft202012Validator.check_schema(request_schema())
    with pytest.raises(UsageError, match=r"no aplomo\.request/99"):
        request_schema(99)


def test_a_full_request_and_a_bare_comment_become_comments() -> None:
    asking = asking_from(FULL)
    assert VALIDATOR.is_valid(FULL)
    assert asking.answers == {"positive": "no"}
    assert (asking.comment.channel, asking.comment.thread[0].kind) == ("x", "agent")
    assert asking_from({"text": "hola"}).comment == Comment(text="hola")
    assert asking_from(FULL["comment"]).comment == asking.comment


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"comment": None}, "comment: is not a JSON object"),
        ({"comment": {"text": " "}}, "comment: the comment has no visible text"),
        ({"comment": {"text": "a", "lang": "Español"}}, "lang: String should match"),
        ({"comment": {"text": "a", "base_url": "http://evil.example"}}, "base_url: Extra inputs"),
        ({"comment": {"text": "a", "id": "x" * 301}}, "id: String should have at most 300"),
        ({"comment": {"text": "a", "author": {"id": "x" * 301}}}, "author.id: String should have"),
        ({"schema": "aplomo.request/2"}, "schema: Input should be 'aplomo.request/1'"),
        ({"answers": {"positive": "maybe"}}, "answers.positive: Input should be 'yes', 'no' or"),
        ({"model": "x"}, "model: Extra inputs are not permitted"),
    ],
)
def test_what_is_no_request_is_refused_naming_the_key(change: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as refused:
        asking_from(FULL | change)
    assert says in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "comment", "answers", "schema", "author", "lang", "id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=50)
@given(JSON)
def test_any_json_is_accepted_or_refused_as_the_schema_says(data: Any) -> None:
    try:
        asking_from({"comment": data})
    except InputError:
        return
    assert VALIDATOR.is_valid({"comment": data})
