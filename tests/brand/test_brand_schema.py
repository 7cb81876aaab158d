import csv
import json
from typing import Any

import pytest

from aplomo.assets import asset
from aplomo.brand.channel import CHANNELS
from aplomo.brand.schema import brand_schema, facts_schema

SCHEMAS = {"brand.schema.json": brand_schema(), "facts.schema.json": facts_schema()}


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_the_shipped_schema_is_up_to_date(name: str, schema: dict[str, Any]) -> None:
    """When this fails, write `json.dumps(schema, ensure_ascii=False, indent=2)` and a newline."""
    shipped = asset("examples", name).read_text(encoding="utf-8")
    assert shipped == json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_key_is_described_and_no_other_allowed(schema: dict[str, Any]) -> None:
    for shape in [schema, *schema["$defs"].values()]:
        assert shape["additionalProperties"] is False
        for name, field in shape["properties"].items():
            assert field.get("description"), name
            if field.get("type") == "object":
                assert field["additionalProperties"] is False, name


@pytest.mark.parametrize("name", ["brand.yaml", "facts.yaml"])
def test_the_examples_name_their_schema(name: str) -> None:
    first = asset("examples", name).read_text(encoding="utf-8").splitlines()[0]
    assert asset("examples", first.partition("$schema=")[2]).is_file()


def test_the_example_comments_are_good_input() -> None:
    with asset("examples", "comments.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["lang"] for row in rows].count("es") == 4
    assert [row["lang"] for row in rows].count("en") == 4
    assert {row["channel"] for row in rows} <= set(CHANNELS)
    assert len({row["id"] for row in rows}) == len(rows) == 8
    assert all(row["text"] for row in rows)
