from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from aplomo.errors import ConfigError
from aplomo.prompt import MAX_FENCED, fence, load_prompt
from aplomo.workspace import PROMPTS


def written(folder: Path, text: str) -> Path:
    (folder / "p.md").write_text(text, encoding="utf-8")
    return folder


def test_variables_are_filled_once_and_values_are_not_expanded(tmp_path: Path) -> None:
    prompt = load_prompt("p", [written(tmp_path, "---\nvariables: [a, b]\n---\n{{a}}-{{b}}\n")])
    assert prompt.render(a="{{b}}", b="2") == "{{b}}-2"


@pytest.mark.parametrize("values", [{}, {"a": "1"}, {"a": "1", "b": "2", "c": "3"}])
def test_a_missing_or_unknown_variable_is_refused(tmp_path: Path, values: dict[str, str]) -> None:
    prompt = load_prompt("p", [written(tmp_path, "---\nvariables: [a, b]\n---\n{{a}}{{b}}")])
    with pytest.raises(ConfigError, match="variables do not match"):
        prompt.render(**values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no front matter {{a}}", snapshot("no front matter")),
        ("---\nvariables: [a]\n---\n{{b}}", snapshot("declared and used variables differ: a, b")),
        ("---\nvariable: [a]\n---\n{{a}}", snapshot("the front matter declares no variables")),
    ],
)
def test_a_wrong_prompt_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_prompt("p", [written(tmp_path, text)])
    assert caught.value.message == message


def test_a_missing_prompt_says_where_it_should_be() -> None:
    with pytest.raises(ConfigError, match="there is no prompt 'nothing'"):
        load_prompt("nothing")


@pytest.mark.parametrize("name", PROMPTS)
def test_shipped_prompts_load(name: str) -> None:
    assert len(load_prompt(name).sha256) == 64


@given(st.text())
def test_nothing_inside_a_fence_can_close_it_or_end_the_message(text: str) -> None:
    inside = fence(text).removeprefix("<<<\n").removesuffix("\n>>>")
    for mark in ("<<", ">>", "<|", "|>", "\u202e", "\u200b", "\x00"):
        assert mark not in inside
    inside.encode()


def test_a_long_text_keeps_its_ends() -> None:
    shown = fence("a" * 1_000_000 + "z")
    assert shown.startswith("<<<\naaa")
    assert shown.endswith("aaz\n>>>")
    assert len(shown) < MAX_FENCED + 50
