import json

from aplomo.assets import asset
from aplomo.protocol.schema import json_schema


def test_the_shipped_schema_is_up_to_date() -> None:
    """When this fails: aplomo protocol schema > protocols/protocol.schema.json"""
    shipped = asset("protocols", "protocol.schema.json").read_text(encoding="utf-8")
    assert shipped == json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def test_every_key_is_described() -> None:
    schema = json_schema()
    for shape in [schema, *schema["$defs"].values()]:
        for name, field in shape["properties"].items():
            assert field.get("description"), name
        assert shape["additionalProperties"] is False


def test_what_has_no_default_is_required() -> None:
    schema = json_schema()
    assert schema["required"] == ["id", "languages", "questions", "outcomes"]
    assert schema["$defs"]["QuestionShape"]["required"] == ["yes", "no"]
    assert schema["$defs"]["OutcomeShape"]["required"] == ["action"]
