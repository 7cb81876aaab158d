from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from aplomo.errors import ConfigError
from aplomo.llm.settings import ModelSettings

URL = "http://127.0.0.1:8080/v1"


def test_flags_over_environment_over_file_over_defaults():
    settings = ModelSettings.merged(
        flags={"model": "from-flag", "base_url": None},
        environ={"APLOMO_MODEL": "from-env", "APLOMO_BASE_URL": URL + "/", "APLOMO_TIMEOUT": ""},
        table={"model": "from-file", "timeout": 9, "structured": "none"},
    )
    assert (settings.model, settings.base_url, settings.timeout) == ("from-flag", URL, 9.0)
    assert (settings.structured, settings.attempts) == ("none", 3)
    assert settings.origins == snapshot(
        {
            "model": "flag",
            "base_url": "APLOMO_BASE_URL",
            "structured": "aplomo.toml",
            "timeout": "aplomo.toml",
        }
    )


@pytest.mark.parametrize(
    ("given", "embedded"),
    [
        ({}, True),
        ({"model": "embedded"}, True),
        ({"model": "embedded:/a/b.gguf", "base_url": URL}, True),
        ({"model": "gpt"}, False),
        ({"base_url": URL}, False),
        ({"model": "langchain:a:b"}, False),
    ],
)
def test_when_the_model_is_the_embedded_one(given: dict[str, str], embedded: bool):
    assert ModelSettings.merged(flags=given).embedded is embedded


def test_openai_variables_count_once_a_model_is_named():
    environ = {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": URL}
    assert ModelSettings.from_env(environ).embedded
    named = ModelSettings.from_env({**environ, "APLOMO_MODEL": "m"})
    assert (named.base_url, named.api_key) == (URL, "sk-1")
    own = ModelSettings.from_env({**environ, "APLOMO_MODEL": "m", "APLOMO_API_KEY": "ak"})
    assert own.api_key == "ak"


def test_a_file_cannot_have_the_openai_key_sent_elsewhere():
    environ = {"OPENAI_API_KEY": "sk-1"}
    table = {"model": "m", "base_url": "http://elsewhere.example/v1"}
    assert ModelSettings.merged(environ=environ, table=table).api_key is None
    by_flag = ModelSettings.merged(environ=environ, flags=table)
    assert by_flag.api_key == "sk-1"


def test_nothing_shows_the_key_or_a_password():
    url = "https://user:hunter2@models.example/v1"
    settings = ModelSettings.merged(flags={"api_key": "sk-secret", "base_url": url, "model": "m"})
    shown = repr(settings.shown())
    assert "sk-secret" not in shown + repr(settings)
    assert "hunter2" not in shown
    assert settings.shown()["api_key"] == {"value": "***", "from": "flag"}


def refusal(**arguments: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        ModelSettings.merged(**arguments)
    return f"{caught.value} ({caught.value.hint})"


def test_refusals():
    assert [
        refusal(table={"modle": "x"}, where="w/aplomo.toml"),
        refusal(table={"zzz": 1}),
        refusal(table="gpt"),
        refusal(table={"model": 3}),
        refusal(table={"structured": "yes"}),
        refusal(environ={"APLOMO_TIMEOUT": "soon"}),
        refusal(environ={"APLOMO_ATTEMPTS": "2.5"}),
        refusal(table={"threads": True}),
        refusal(table={"deadline": -1}),
        refusal(flags={"base_url": "localhost:8080"}),
        refusal(flags={"base_url": "http://[::1"}),
    ] == snapshot(
        [
            "w/aplomo.toml: unknown model setting 'modle' (did you mean 'model'?)",
            "aplomo.toml: unknown model setting 'zzz' (known: model, base_url, api_key, structured, threads, context, weights, timeout, attempts, deadline, input_price, output_price)",
            "aplomo.toml: model must be a table (write [model] and its keys)",
            "model (aplomo.toml): must be text (None)",
            "structured (aplomo.toml): 'yes' is not known (one of json_schema, json_object, none)",
            "timeout (APLOMO_TIMEOUT): must be a number of seconds above 0 (None)",
            "attempts (APLOMO_ATTEMPTS): must be a whole number of 1 or more (None)",
            "threads (aplomo.toml): must be a whole number of 1 or more (None)",
            "deadline (aplomo.toml): must be a number of seconds above 0 (None)",
            "base_url (flag): is not a web address (like http://127.0.0.1:8080/v1)",
            "base_url (flag): is not a web address (like http://127.0.0.1:8080/v1)",
        ]
    )


@given(st.dictionaries(st.sampled_from(["model", "base_url", "threads", "timeout"]), st.text()))
def test_any_text_is_accepted_or_refused_clearly(table: dict[str, str]):
    try:
        ModelSettings.merged(table=table)
    except ConfigError as error:
        assert error.where


def test_the_embedded_model_gets_more_time_unless_told():
    assert ModelSettings().policy().timeout > ModelSettings(model="m").policy().timeout
    policy = ModelSettings(timeout=5, deadline=7, attempts=2).policy()
    assert (policy.timeout, policy.deadline, policy.attempts) == (5, 7, 2)


def test_paths_are_the_users_own():
    settings = ModelSettings.from_env({"APLOMO_WEIGHTS": "~/m.gguf"})
    assert settings.weights == Path.home() / "m.gguf"
