"""What a slot has read is kept on disk, and only the static part is ever read for it."""

from pathlib import Path
from typing import Any

from aplomo.llm.port import Message, Request
from aplomo.llm.prefix import MOST_FILES, Prefixes

STATIC = (Message(role="system", content="Answer yes or no."),)


class Llama:
    """A slot keeper like llama.cpp's: it writes what a slot has read, and takes it back."""

    def __init__(self, folder: Path, *, works: bool = True) -> None:
        self.folder, self.works = folder, works
        self.read: list[dict[str, Any]] = []
        self.acts: list[tuple[int, str]] = []

    def act(self, slot: int, action: str, file: str) -> bool:
        self.acts.append((slot, action))
        if self.works and action == "save":
            (self.folder / file).write_text("what was read")
        return self.works


def prefixes(llama: Llama, model: str = "weights") -> Prefixes:
    return Prefixes(folder=llama.folder, model=model, read=llama.read.append, act=llama.act)


def asks(comment: str, static: tuple[Message, ...] = STATIC) -> Request:
    user = Message(role="user", content=comment)
    return Request(purpose="answer:1", messages=(*static, user), prefix=len(static))


def test_read_once_then_taken_from_disk_by_the_next_process(tmp_path: Path):
    first, second = Llama(tmp_path), Llama(tmp_path)
    here = prefixes(first)
    here.ready(0, asks("my phone is 600"))
    here.ready(0, asks("another comment"))
    prefixes(second).ready(2, asks("a third"))
    assert len(first.read) == 1
    assert first.acts == [(0, "save")]
    assert (second.read, second.acts) == ([], [(2, "restore")])


def test_no_word_of_a_comment_is_read_for_it(tmp_path: Path):
    llama = Llama(tmp_path)
    prefixes(llama).ready(0, asks("my phone is 600"))
    said = [message["content"] for message in llama.read[0]["messages"]]
    assert said == ["Answer yes or no.", "-"]


def test_another_text_or_another_model_is_read_anew(tmp_path: Path):
    llama = Llama(tmp_path)
    other = (Message(role="system", content="Answer no or yes."),)
    here = prefixes(llama)
    here.ready(0, asks("a"))
    here.ready(0, asks("a", other))
    prefixes(llama, "other weights").ready(0, asks("a"))
    assert len(llama.read) == 3
    assert len(list(tmp_path.iterdir())) == 3


def test_a_slot_that_went_to_another_purpose_is_restored(tmp_path: Path):
    llama = Llama(tmp_path)
    other = (Message(role="system", content="Write a reply."),)
    here = prefixes(llama)
    for static in (STATIC, other, STATIC):
        here.ready(0, asks("a", static))
    assert len(llama.read) == 2
    assert llama.acts[-1] == (0, "restore")


def test_a_disk_that_fails_costs_only_the_reading(tmp_path: Path):
    llama = Llama(tmp_path, works=False)
    prefixes(llama).ready(0, asks("a"))
    assert (len(llama.read), list(tmp_path.iterdir())) == (1, [])


def test_a_file_that_cannot_be_taken_back_is_dropped_and_read_again(tmp_path: Path):
    prefixes(Llama(tmp_path)).ready(0, asks("a"))
    broken = Llama(tmp_path, works=False)
    prefixes(broken).ready(0, asks("a"))
    assert (len(broken.read), list(tmp_path.iterdir())) == (1, [])


def test_only_the_latest_files_are_kept(tmp_path: Path):
    llama = Llama(tmp_path)
    here = prefixes(llama)
    for number in range(MOST_FILES + 3):
        here.ready(0, asks("a", (Message(role="system", content=str(number)),)))
    assert len(list(tmp_path.iterdir())) == MOST_FILES


def test_a_request_without_a_prefix_touches_nothing(tmp_path: Path):
    llama = Llama(tmp_path)
    prefixes(llama).ready(0, Request(purpose="x", messages=STATIC))
    assert (llama.read, llama.acts) == ([], [])
