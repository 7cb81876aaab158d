import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from aplomo.decision.model import SCHEMA
from aplomo.decision.schema import decision_schema
from aplomo.errors import UsageError
from small_world import GOOD, PRAISE, drafter, reply, said

VALIDATOR: Any = Draft202012Validator(decision_schema())


def records() -> list[dict[str, Any]]:
    scripts = [
        (said("yes", positive="Me encanta"), reply(GOOD)),
        (said("no"),),
        (said("no", "yes"),),
        ("", "", ""),
    ]
    return [drafter(*steps)[0].draft(PRAISE).to_dict() for steps in scripts]


@pytest.mark.parametrize("record", records(), ids=["reply", "no_reply", "pending", "failed"])
def test_every_kind_of_decision_fits_its_schema(record: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(json.dumps(record)))) == []


def test_the_schema_refuses_what_is_not_a_decision() -> None:
    (record, *_) = records()
    for name in ("status", "answers", "usage", "comment"):
        broken = {key: value for key, value in record.items() if key != name}
        assert not VALIDATOR.is_valid(broken), name
    assert not VALIDATOR.is_valid(record | {"status": "sent"})


def test_the_schema_has_the_number_of_the_record() -> None:
    assert decision_schema()["$id"] == SCHEMA
    with pytest.raises(UsageError, match=r"no aplomo\.decision/99"):
        decision_schema(99)


def test_the_schema_file_is_in_the_package() -> None:
    import aplomo.decision

    assert (Path(aplomo.decision.__file__).parent / "decision-1.schema.json").is_file()
