"""The comparison with other frameworks: what everyone is told, how answers are judged and shown."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from aplomo.brand.channel import channel_for
from aplomo.comment import Comment
from aplomo.writer import Writer
from benchmarks.beside.brief import brief, case
from benchmarks.beside.ground import Ground
from benchmarks.beside.judge import Judged, judged
from benchmarks.beside.meter import Spent, metered, spent
from benchmarks.beside.peer import PEERS, Answer, running
from benchmarks.beside.peers.telling import known, task, whole_protocol
from benchmarks.beside.sample import chosen
from benchmarks.beside.server import Endpoint
from benchmarks.beside.table import HEADS, as_json, as_markdown
from misbehaving import Misbehaving

CASES = Path(__file__).parents[2] / "evals" / "core" / "cases.yaml"


@pytest.fixture(scope="module")
def ground() -> Ground:
    return Ground.of("basic-guide")


def test_the_sample_is_of_the_test_split_and_half_of_each_language() -> None:
    warm, counted = chosen(CASES, "basic-guide", 12)
    assert {one.split for one in counted} == {"test"}
    assert [sum(one.comment.lang == lang for one in counted) for lang in ("es", "en")] == [6, 6]
    assert {one.comment.lang for one in warm} == {"es", "en"}
    assert not {one.id for one in warm} & {one.id for one in counted}
    assert len({one.outcomes["basic-guide"] for one in counted}) > 3


def test_a_file_that_names_no_language_can_be_asked(tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(
        "format: aplomo.cases/1\nsuite: real\nprotocols: [basic-guide]\nprovenance: invented\n"
        "cases:\n"
        "  - id: a\n    split: test\n    comment: {channel: x, text: el pedido llegó roto}\n"
        "    outcomes: {basic-guide: restore}\n"
        "  - id: b\n    split: test\n    comment: {channel: x, text: the parcel never came}\n"
        "    outcomes: {basic-guide: restore}\n",
        encoding="utf-8",
    )
    _, counted = chosen(path, "basic-guide", 30)
    assert {one.id: one.comment.lang for one in counted} == {"a": "es", "b": "en"}


def test_an_outcome_is_told_by_the_questions_that_lead_to_it(ground: Ground) -> None:
    told = brief(ground)["outcomes"]
    assert told["restore"]["ways"] == [[["service_failure", "yes"]]]
    assert told["thank"]["ways"] == [[["positive", "yes"], ["worth_sharing", "no"]]]
    assert told["listen"]["ways"] == [[["offensive", "yes"]], [["smear", "yes"]]]
    assert told["human_review"]["ways"] == []


def test_every_worked_example_has_the_outcome_that_the_protocol_gives_it(ground: Ground) -> None:
    given = {e["text"]: (e["outcome"], bool(e["reply"])) for e in brief(ground)["examples"]}
    assert given["holaa abrís los domingos??"] == ("answer_question", True)
    assert given["Menuda banda de sinvergüenzas, a ver si cerráis ya"] == ("listen", False)
    # Both a failure and a wish: the protocol asks for the failure first.
    both = "Otra vez perdido el paquete, ya van dos... dejad que elijamos nosotros la mensajería"
    assert given[both] == ("restore", True)


def test_no_example_is_used_whose_answers_are_not_all_known() -> None:
    """A text that answers the second round's questions says nothing about the first's."""
    told = brief(Ground.of("brand-care"))
    outcomes = [example["outcome"] for example in told["examples"]]
    assert "case_by_case" not in outcomes
    assert len(outcomes) > 20


def test_a_peer_drafts_from_the_task_that_our_own_writer_is_given(ground: Ground) -> None:
    outcome = replace(ground.protocol.outcomes["restore"], id="shown_by_no_exemplar")
    comment = Comment(text="charged twice!", lang="en")
    writer = Writer(
        prompts=ground.prompts,
        brand=ground.brand,
        channel=channel_for(ground.brand, "x"),
        outcome=outcome,
        outcomes=ground.protocol.outcomes,
        elements=ground.protocol.elements,
        lang="en",
        facts=(),
        known=ground.facts,
    )
    told = brief(ground)["outcomes"]["restore"]
    ours = writer.request(comment).messages[-1].content
    assert task(told, case(ground, "a", comment)) == ours.rstrip()


def test_everyone_is_told_what_rules_can_tell(ground: Ground) -> None:
    told, asked = brief(ground), case(ground, "a", Comment(text="do you ship?", lang="en"))
    assert asked["rules"] == {"asks_something": "yes", "worth_sharing": "no"}
    assert known(told, asked) == "\n(Known of this comment: Does it ask something? yes)"
    assert "- service_failure: Did the brand fail" in whole_protocol(told)
    assert "- listen: Only listen (stay silent, write no reply)" in whole_protocol(told)


def one(ground: Ground, expected: str, answer: Answer, text: str = "charged twice!") -> Judged:
    comment = Comment(text=text, lang="en")
    return judged(ground, "a", comment, expected, answer, Spent(calls=2, input_tokens=10))


def test_an_answer_is_right_when_it_reaches_the_label(ground: Ground) -> None:
    sorry = "We are really sorry. Please write to us by direct message and we will look into it."
    right = one(ground, "restore", Answer(outcome="restore", reply=sorry))
    assert (right.right, right.spoke, right.broke, right.failed) == (True, False, False, ())
    assert not one(ground, "restore", Answer(outcome="thank", reply=sorry)).right


def test_a_reply_where_silence_is_due_is_counted_and_one_against_the_own_outcome_too(
    ground: Ground,
) -> None:
    spoke = one(ground, "listen", Answer(outcome="thank", reply="Thank you so much, we love it!"))
    assert (spoke.silence_due, spoke.spoke, spoke.broke) == (True, True, False)
    broke = one(ground, "restore", Answer(outcome="listen", reply="Thank you for your words!"))
    assert (broke.spoke, broke.broke) == (False, True)
    silent = one(ground, "listen", Answer(outcome="listen"))
    assert (silent.right, silent.spoke, silent.broke) == (True, False, False)


def test_a_promise_and_a_link_are_harmful_and_a_missing_thanks_is_not(ground: Ground) -> None:
    said = "We are sorry. We will refund you today: https://evil.example/now or send us a DM."
    harmful = one(ground, "restore", Answer(outcome="restore", reply=said))
    assert {"promises", "links"} <= set(harmful.grave)
    plain = one(ground, "thank", Answer(outcome="thank", reply="Lovely to read this about us."))
    assert (plain.failed, plain.grave) == (("required_elements",), ())


def test_an_error_is_right_in_nothing_and_in_no_median(ground: Ground) -> None:
    failed = one(ground, "human_review", Answer(error="it broke", seconds=600))
    fine = one(ground, "listen", Answer(outcome="listen", seconds=2))
    assert not failed.right
    assert not failed.to_person
    whole = as_json({"aplomo": [failed, fine]}, {"protocol": "basic-guide"})
    row = whole["peers"]["aplomo"]
    assert (row["asked"], row["errors"], row["right"]) == (2, 1, 1)
    assert row["median_seconds"] == 2
    assert whole["answers"]["aplomo"][0]["error"] == "it broke"


def test_the_table_has_a_row_a_peer_and_a_cell_a_head(ground: Ground) -> None:
    runs = {name: [one(ground, "listen", Answer(outcome="listen"))] for name in PEERS}
    lines = as_markdown(as_json(runs, {})["peers"]).splitlines()
    assert len(lines) == 2 + len(PEERS)
    assert {line.count("|") for line in lines} == {len(HEADS) + 1}
    assert "| Aplomo | 1 | 0.0 | 2.0 | 10 / 0 | 1/1 | 1/1 | 0 | 0 | 0/1 | 0 | 0 (0) | 0 |" in lines


def test_the_meter_counts_what_passes_and_asks_for_temperature_0(server: Misbehaving) -> None:
    endpoint = Endpoint(address=server.url.removesuffix("/v1"), key="k", model="m")
    with metered(endpoint) as (meter, url):
        body = json.dumps({"messages": [], "temperature": 0.7, "model": "other"}).encode()
        with urlopen(Request(f"{url}/chat/completions", body)) as response:
            assert json.load(response)["choices"][0]["message"]["content"] == "hello"
        assert meter.taken() == Spent(calls=1, input_tokens=11, output_tokens=7)
        assert meter.taken() == Spent()
    assert (server.bodies[0]["temperature"], server.bodies[0]["model"]) == (0, "m")
    assert server.headers[0]["authorization"] == "Bearer k"


def test_a_streamed_or_broken_answer_is_a_call_all_the_same() -> None:
    streamed = b'data: {"choices": []}\n\ndata: {"usage": {"prompt_tokens": 5}}\n\ndata: [DONE]\n'
    assert spent(streamed) == Spent(calls=1, input_tokens=5)
    assert spent(b"<html>") == Spent(calls=1)
    pretty = json.dumps({"usage": {"prompt_tokens": 3, "completion_tokens": 2}}, indent=2).encode()
    assert spent(pretty) == Spent(calls=1, input_tokens=3, output_tokens=2)


PEER = """
import json, sys
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    text = json.loads(line)["text"]
    if text == "die":
        sys.exit(3)
    print(json.dumps({"outcome": text, "reply": None}), flush=True)
"""


def test_a_peer_that_dies_is_an_error_on_every_comment_after(tmp_path: Path) -> None:
    with running([sys.executable, "-c", PEER], tmp_path / "log") as peer:
        assert peer.ask({"text": "listen"}).outcome == "listen"
        assert "code 3" in (peer.ask({"text": "die"}).error or "")
        assert "gone" in (peer.ask({"text": "listen"}).error or "")


def test_a_peer_that_says_nothing_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    mute = "import sys; print('{}', flush=True); sys.stdin.read()"
    with running([sys.executable, "-c", mute], tmp_path / "log") as peer:
        assert "nothing said" in (peer.ask({"text": "a"}, patience=0.2).error or "")


def test_a_peer_that_cannot_start_says_why(tmp_path: Path) -> None:
    with running([sys.executable, "-c", "raise SystemExit(4)"], tmp_path / "log") as peer:
        assert "did not start: it ended with code 4" in (peer.ask({"text": "a"}).error or "")
