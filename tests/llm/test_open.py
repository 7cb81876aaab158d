import subprocess
import sys
from pathlib import Path

import pytest
from inline_snapshot import snapshot
from langchain_core.language_models import FakeListChatModel

from aplomo.errors import ConfigError
from aplomo.llm.embedded import EmbeddedModel
from aplomo.llm.langchain import LangChainModel
from aplomo.llm.open import as_model, open_model
from aplomo.llm.openai_compatible import OpenAICompatible
from aplomo.llm.scripted import ScriptedModel
from aplomo.llm.settings import ModelSettings

URL = "http://127.0.0.1:9/v1"
chat = FakeListChatModel(responses=["hi"])
number = 3


def make_chat() -> FakeListChatModel:
    return chat


def opened(**flags: object) -> tuple[str, str, str]:
    model = open_model(ModelSettings.merged(flags=flags))
    return type(model).__name__, model.name, model.host


def test_what_each_name_opens():
    default = ("EmbeddedModel", "qwen2.5-coder-1.5b-instruct-q4_k_m", "")
    assert opened() == opened(model="embedded") == default
    assert opened(model="embedded:/x/other.gguf") == ("EmbeddedModel", "other", "")
    assert opened(model="gpt", base_url=URL) == ("OpenAICompatible", "gpt", "127.0.0.1")
    assert opened(base_url=URL) == ("OpenAICompatible", "default", "127.0.0.1")
    assert opened(model="qwen2.5:7b", base_url=URL)[1] == "qwen2.5:7b"


@pytest.mark.parametrize("attribute", ["chat", "make_chat"])
def test_a_chat_model_or_what_makes_one(attribute: str):
    model = open_model(ModelSettings(model=f"langchain:{__name__}:{attribute}"))
    assert isinstance(model, LangChainModel)


def test_chat_models_that_cannot_be_had():
    messages: list[str] = []
    for target in ("", "nothing_like_it:chat", f"{__name__}:absent", f"{__name__}:number"):
        with pytest.raises(ConfigError) as caught:
            open_model(ModelSettings(model=f"langchain:{target}"))
        messages.append(str(caught.value))
    assert messages == snapshot(
        [
            "langchain:: names no chat model",
            "langchain:nothing_like_it:chat: cannot be had: ModuleNotFoundError: No module named 'nothing_like_it'",
            "langchain:test_open:absent: cannot be had: AttributeError: module 'test_open' has no attribute 'absent'",
            "langchain:test_open:number: int is not a LangChain chat model",
        ]
    )


def test_objects_somebody_else_made():
    scripted = ScriptedModel([])
    assert as_model(scripted) is scripted
    assert isinstance(as_model(chat), LangChainModel)
    with pytest.raises(ConfigError, match="str is not a model"):
        as_model("gpt")


def test_opening_loads_no_vendor_package():
    code = """
import sys
from aplomo.llm.open import as_model, open_model
from aplomo.llm.scripted import ScriptedModel
from aplomo.llm.settings import ModelSettings
open_model(ModelSettings())
as_model(ScriptedModel([]))
heavy = {"openai", "pydantic", "langchain_core", "xllamacpp", "huggingface_hub", "yaml"}
print(sorted(heavy & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_settings_reach_the_model(tmp_path: Path):
    path = tmp_path / "w.gguf"
    assert isinstance(open_model(ModelSettings(weights=path)), EmbeddedModel)
    assert isinstance(open_model(ModelSettings(model="m")), OpenAICompatible)
