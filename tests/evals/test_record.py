"""Recording: what is asked, what is kept, and what a change makes stale."""

import json
import re
import shutil
from dataclasses import replace

import pytest

from aplomo.errors import ModelUnavailable, UsageError
from aplomo.evals.recording.tape import Recording, Tape
from aplomo.evals.run import Bench
from aplomo.evals.session import replay
from aplomo.evals.survey import survey
from oracle import Oracle, serving
from suite_made import Made, aplomo, record


def served(bench: Bench) -> tuple[int, int, int]:
    result = replay(bench)
    return result.served, result.missed, result.unplayed


def test_what_was_recorded_is_replayed_without_the_server(made: Made) -> None:
    with serving() as oracle:
        assert record(oracle.url, "--all").exit_code == 0
        calls = oracle.calls
    assert calls >= 6
    result = replay(made.bench())
    assert (result.served, result.missed, result.unplayed) == (calls, 0, 0)
    assert result.complete
    assert [one.case for one in result.results] == [f"c{n}" for n in range(6)]
    assert {call.purpose for one in result.results for call in one.calls} >= {"answer:1"}
    assert all(call.input_tokens for one in result.results for call in one.calls)
    again = replay(made.bench())
    assert [one.calls for one in again.results] == [one.calls for one in result.results]


def test_a_word_in_a_prompt_makes_exactly_its_calls_stale(recorded: Made, oracle: Oracle) -> None:
    before, calls = recorded.bytes(), served(recorded.bench())[0]
    recorded.edit("prompts/answer.md", "public comment", "public remark")
    result = aplomo("run", "mini")
    assert result.exit_code == 1
    assert oracle.calls == 0

    result = record(oracle.url, "--misses")
    assert result.exit_code == 0, result.output
    assert "prompt answer: " in result.output
    assert "prompt draft" not in result.output
    assert f"6 of {calls} calls to record, in 6 cases: answer:1 6" in result.output
    first = [body for body in oracle.bodies if "public remark" in body["messages"][0]["content"]]
    assert len(first) == 6
    drafts = [body for body in oracle.bodies if body not in first]
    new = served(recorded.bench())
    assert new[1:] == (0, 0)
    # A draft is asked again only where new answers lead to a draft that nobody had asked for.
    assert len(drafts) <= new[0] - 6

    shutil.rmtree(recorded.root / "prompts")
    oracle.bodies.clear()
    assert record(oracle.url, "--misses").exit_code == 0
    assert recorded.bytes() == before
    assert oracle.calls == 0


def test_going_back_on_another_machine_gives_the_same_bytes(recorded: Made, oracle: Oracle) -> None:
    before = recorded.bytes()
    recorded.edit("prompts/draft.md", "one short", "one brief")
    assert record(oracle.url, "--misses").exit_code == 0
    assert recorded.bytes() != before
    shutil.rmtree(recorded.root / "prompts")
    shutil.rmtree(recorded.folder / ".recording")
    assert record(oracle.url, "--misses").exit_code == 0
    assert oracle.calls > 0
    assert recorded.bytes() == before


def test_exactly_what_was_named_is_recorded_again(made: Made, oracle: Oracle) -> None:
    oracle.steady = True
    assert record(oracle.url, "--all").exit_code == 0
    oracle.bodies.clear()

    def kept() -> set[str]:
        return {one.key for one in made.bench().place.store.load()}

    before, files = kept(), made.bytes()
    made.edit("prompts/draft.md", "one short", "one brief")
    told = aplomo("record", "mini", "--misses", "--model", "m", "--base-url", oracle.url)
    named = re.search(r"(\d+) of \d+ calls to record, in \d+ cases: draft:es (\d+)\n", told.output)
    assert named, told.output
    assert oracle.calls == 0

    assert record(oracle.url, "--misses").exit_code == 0
    assert oracle.calls == int(named[1]) == int(named[2])
    assert all("one brief" in body["messages"][0]["content"] for body in oracle.bodies)
    after = kept()
    assert len(after - before) == len(before - after) == oracle.calls
    (made.root / "prompts/draft.md").unlink()
    assert record(oracle.url, "--misses").exit_code == 0
    assert made.bytes() == files


def test_nothing_is_spent_before_it_is_allowed(recorded: Made, oracle: Oracle) -> None:
    recorded.edit("prompts/answer.md", "public comment", "public remark")
    (recorded.root / "aplomo.toml").write_text("[evals.price]\ninput = 1000\noutput = 0\n")
    before = recorded.bytes()
    result = aplomo("record", "mini", "--misses", "--model", "m", "--base-url", oracle.url)
    assert result.exit_code == 1
    assert "Record them?" in result.output
    assert "USD" in result.output
    assert oracle.calls == 0
    assert recorded.bytes() == before


@pytest.mark.parametrize("part", [("--case", "c0", "--case", "c3"), ("--most", "2")])
def test_a_part_of_the_suite_removes_nothing(
    recorded: Made, oracle: Oracle, part: tuple[str, ...]
) -> None:
    before = {one.place for one in recorded.bench().place.store.load()}
    recorded.edit("prompts/answer.md", "public comment", "public remark")
    assert record(oracle.url, "--misses", *part).exit_code == 0
    after = {one.place for one in recorded.bench().place.store.load()}
    assert before < after
    result = record(oracle.url, "--misses")
    assert "answer:1 4" in result.output
    assert served(recorded.bench())[1:] == (0, 0)


def test_an_error_is_never_kept(made: Made, oracle: Oracle) -> None:
    oracle.failing = {"queso"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("aplomo.evals.run.POLICY", impatient())
        result = record(oracle.url, "--all")
    assert isinstance(result.exception, ModelUnavailable)
    assert not made.recordings.exists()
    oracle.failing = set()
    oracle.bodies.clear()
    result = record(oracle.url, "--all")
    assert result.exit_code == 0, result.output
    assert oracle.calls
    assert all("queso" in str(body["messages"]) for body in oracle.bodies)
    assert served(made.bench())[1:] == (0, 0)


def test_a_model_that_never_answers_is_given_up(made: Made, oracle: Oracle) -> None:
    oracle.failing = {"vuestro"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("aplomo.evals.run.POLICY", impatient())
        result = record(oracle.url, "--all", "--concurrency", "1")
    assert isinstance(result.exception, ModelUnavailable)
    assert oracle.calls == 3
    assert not (made.folder / "lock.json").exists()


def test_a_new_model_replaces_every_recording(recorded: Made, oracle: Oracle) -> None:
    other = record(oracle.url, "--misses", model="other")
    assert isinstance(other.exception, UsageError)
    assert oracle.calls == 0
    result = record(oracle.url, "--all", model="other")
    assert result.exit_code == 0, result.output
    assert "model: m → other" in result.output
    bodies = [json.loads(one.body) for one in recorded.bench().place.store.load()]
    assert {body["model"] for body in bodies} == {"other"}
    assert served(recorded.bench())[1:] == (0, 0)


def test_recording_all_of_one_case_again_leaves_the_others(recorded: Made, oracle: Oracle) -> None:
    before = recorded.bytes()
    assert record(oracle.url, "--all", "--case", "c1").exit_code == 0
    assert 1 <= oracle.calls <= 3
    assert recorded.bytes() == before


def test_cases_with_one_comment_share_its_recordings(made: Made, oracle: Oracle) -> None:
    cases = made.root / "evals/mini/cases.yaml"
    text = cases.read_text(encoding="utf-8")
    cases.write_text(text + text.partition("cases:\n")[2].replace("id: c", "id: d"))
    assert record(oracle.url, "--all", "--concurrency", "8").exit_code == 0
    bodies = [json.dumps(body, sort_keys=True) for body in oracle.bodies]
    assert len(set(bodies)) == len(bodies)
    assert served(made.bench()) == (2 * len(bodies), 0, 0)


def impatient():
    from aplomo.llm.retry import RetryPolicy

    return RetryPolicy(attempts=1)


def test_what_was_only_read_is_announced_with_its_input(recorded: Made) -> None:
    bench = recorded.bench()
    lock = bench.locked()
    before = [_read_only(one) for one in bench.place.store.load()]
    given, made = survey(bench, lock.model, Tape([]), before=before).tokens
    assert (given > 0, made) == (True, 0)


def _read_only(one: Recording) -> Recording:
    """The recording as one of a text that was read: without tokens of an answer."""
    answer = json.loads(one.response["body"]["string"])
    del answer["usage"]["completion_tokens"]
    body = {**one.response["body"], "string": json.dumps(answer)}
    return replace(one, response={**one.response, "body": body})
