import json
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from aplomo.comment import Comment
from aplomo.decision.model import Decision
from aplomo.embed.batch import Summary, finished_rows, run_batch
from aplomo.errors import InputError, UsageError
from aplomo.inbound import comment_from, read_rows


def written(folder: Path, name: str, content: str | bytes) -> Path:
    place = folder / name
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return place


def decided(comment: Comment) -> Decision:
    return Decision(
        id="d",
        created_at="",
        comment=comment,
        protocol={},
        answers={},
        path=(),
        outcome=None,
        status="needs_human",
        why="",
    )


def test_csv_columns_become_comment_author_and_meta(tmp_path: Path) -> None:
    text = "id,text,channel,author_followers,plan\n7,hola,x,12,gold\n"
    (row,) = read_rows(written(tmp_path, "a.csv", text))
    assert row.comment is not None
    assert row.comment.to_dict() == snapshot(
        {
            "id": "7",
            "text": "hola",
            "channel": "x",
            "lang": None,
            "author": {"followers": 12},
            "meta": {"plan": "gold"},
        }
    )


@pytest.mark.parametrize("row", ["uno", "uno,x,de más"])
def test_a_row_of_another_length_says_so_and_the_rest_go_on(tmp_path: Path, row: str) -> None:
    place = written(tmp_path, "a.csv", f"text,channel\n{row}\ndos,x\n")
    bad, good = read_rows(place)
    assert str(bad.error) == f"{place} row 1: has more or fewer cells than the header"
    assert good.comment is not None


def test_bad_rows_are_errors_that_name_themselves_and_the_rest_go_on(tmp_path: Path) -> None:
    lines = [
        '{"text": "uno"}',
        "{broken",
        '{"txt": "dos"}',
        '["tres"]',
        '{"text": "  "}',
        '{"text": 5}',
    ]
    place = written(tmp_path, "a.jsonl", "\n".join(lines))
    rows = list(read_rows(place))
    assert [row.comment is not None for row in rows] == [True, False, False, False, False, False]
    told = [str(row.error).removeprefix(f"{place} ") for row in rows[1:]]
    assert told == snapshot(
        [
            "row 2: is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            "row 3: text: Field required; txt: Extra inputs are not permitted",
            "row 4: is not a JSON object",
            "row 5: the comment has no visible text",
            "row 6: text: Input should be a valid string",
        ]
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "id,txt\n1,hola\n", snapshot("has no column 'text' (columns: id, txt)")),
        ("a.csv", "", snapshot("has no column 'text' (columns: none)")),
        ("a.csv", '"', snapshot("is not well-formed CSV: unexpected end of data")),
        ("a.txt", "hola", snapshot("is neither .csv nor .jsonl")),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        list(read_rows(written(tmp_path, name, content)))
    assert caught.value.message == message


def test_odd_encodings_and_separators_lose_no_row(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbftext\n"a\nb"\nlat\xedn\nnul\x00here\nline\xe2\x80\xa8separator\n'
    rows = list(read_rows(written(tmp_path, "a.csv", data)))
    texts = [row.comment.text for row in rows if row.comment]
    assert texts == ["a\nb", "lat\ufffdn", "nul\ufffdhere", "line\u2028separator"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.jsonl"]))
def test_any_bytes_give_rows_or_one_clear_error(tmp_path: Path, data: bytes, name: str) -> None:
    try:
        rows = list(read_rows(written(tmp_path, name, data)))
    except InputError:
        return
    assert all((row.comment is None) != (row.error is None) for row in rows)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_a_comment_or_an_input_error(data: object) -> None:
    try:
        comment_from(data)
    except InputError:
        return


def test_every_row_ends_as_one_result_even_when_drafting_crashes(tmp_path: Path) -> None:
    def draft(comment: Comment) -> Decision:
        if "3" in comment.text:
            raise RuntimeError("boom")
        return decided(comment)

    place = written(tmp_path, "a.csv", "text\n" + "".join(f"t{i}\n" for i in range(1, 6)) + '"\n')
    results = list(run_batch(draft, read_rows(place), concurrency=3))
    summary = Summary()
    for result in results:
        summary.add(result)
    assert sorted(result.row.number for result in results) == [1, 2, 3, 4, 5, 6]
    assert (summary.rows, summary.errors) == (6, 2)
    crash = next(result.to_dict() for result in results if result.row.number == 3)
    assert crash["error"] == {
        "code": "internal",
        "message": "RuntimeError: boom",
        "hint": "please report this",
    }


def test_concurrency_is_bounded() -> None:
    at_work, most, lock = 0, 0, threading.Lock()

    def draft(comment: Comment) -> Decision:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.005)
        with lock:
            at_work -= 1
        return decided(comment)

    from aplomo.inbound import Row

    rows = [Row(number=n, key="k", comment=Comment(text=f"t{n}")) for n in range(1, 30)]
    assert len(list(run_batch(draft, rows, concurrency=3))) == 29
    assert most == 3


def test_a_torn_last_line_is_cut_and_only_whole_rows_count_as_done(tmp_path: Path) -> None:
    source = written(tmp_path, "a.jsonl", '{"text":"a"}\n{"text":"b"}\n{"text":"c"}\n')
    done = [r.to_dict() for r in run_batch(decided, read_rows(source), concurrency=1)]
    whole = "".join(json.dumps(record) + "\n" for record in done[:2])
    output = written(tmp_path, "out.jsonl", whole + json.dumps(done[2])[:40])
    finished = {record["row"]["number"] for record in done[:2]}
    assert finished_rows(output, read_rows(source)) == finished
    assert output.read_text(encoding="utf-8") == whole


def test_resuming_with_another_input_or_a_foreign_file_is_refused(tmp_path: Path) -> None:
    source = written(tmp_path, "a.jsonl", '{"text":"a"}\n')
    other = written(tmp_path, "b.jsonl", '{"text":"b"}\n')
    (result,) = run_batch(decided, read_rows(source), concurrency=1)
    output = written(tmp_path, "out.jsonl", json.dumps(result.to_dict()) + "\n")
    with pytest.raises(UsageError, match="made from another input"):
        finished_rows(output, read_rows(other))
    foreign = written(tmp_path, "foreign.jsonl", '{"a": 1}\n')
    with pytest.raises(InputError, match="is not a record of a batch"):
        finished_rows(foreign, read_rows(source))
