"""The form of an answer, as a server is told it."""

from typing import Any

from aplomo.llm.structured import response_format

TEXT = {"type": "string"}


def told(**schema: Any) -> bool:
    form = response_format({"type": "object", **schema})
    assert form["type"] == "json_schema"
    return form["json_schema"]["strict"]


def test_strict_where_everything_is_required() -> None:
    inner = {"type": "object", "properties": {"b": TEXT}, "required": ["b"]}
    assert told(properties={"a": TEXT, "c": inner}, required=["a", "c"])


def test_not_strict_where_something_may_be_left_out_at_any_depth() -> None:
    inner: dict[str, Any] = {"type": "object", "properties": {"b": TEXT}, "required": []}
    assert not told(properties={"a": TEXT}, required=[])
    assert not told(properties={"a": inner}, required=["a"])
