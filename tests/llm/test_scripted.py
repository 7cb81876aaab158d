import asyncio

import pytest

from aplomo.errors import ModelUnavailable
from aplomo.llm.port import Completion, Request, Usage
from aplomo.llm.scripted import ScriptedModel, Step


def test_every_kind_of_step(request_: Request):
    completion = Completion(text="two", usage=Usage(calls=1, input_tokens=5))
    steps: list[Step] = ["one", completion, ModelUnavailable("three"), lambda r: completion]
    with ScriptedModel(steps) as model:
        assert model.complete(request_, timeout=1).text == "one"
        assert asyncio.run(model.acomplete(request_, timeout=1)) == completion
        with pytest.raises(ModelUnavailable, match="three"):
            model.complete(request_, timeout=1)
        assert model.complete(request_, timeout=1) is completion
    assert model.requests == [request_] * 4
    assert model.requests[0] is not request_


def test_a_call_beyond_the_script_names_its_purpose(request_: Request):
    model = ScriptedModel([])
    with pytest.raises(AssertionError, match=r"unexpected call 1 \('answer:1'\)"):
        model.complete(request_, timeout=1)


def test_steps_left_over_fail_at_the_end():
    left_over = pytest.raises(AssertionError, match=r"2 of 2 step\(s\) were never asked for")
    with left_over, ScriptedModel(["a", "b"]):
        pass


def test_another_failure_is_not_hidden_by_steps_left_over():
    with pytest.raises(ZeroDivisionError), ScriptedModel(["a"]):
        raise ZeroDivisionError
