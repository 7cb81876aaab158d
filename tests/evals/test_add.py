import json
from pathlib import Path

import pytest

from aplomo.comment import Author, Comment, Turn
from aplomo.evals.cases import load_suite
from aplomo.evals.mask import mask_comment, mask_text
from suite_made import Made, aplomo


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "escríbeme a ana.ruiz@correo.example o al 612 345 678",
            "escríbeme a xxx.xxxx@xxxxxx.xxxxxxx o al 000 000 000",
        ),
        ("my order #A4471-92 and @maria_ok", "my order #x0000-00 and @xxxxx_xx"),
        ("IBAN ES91 2100 0418 4502 0005 1332", "IBAN xx00 0000 0000 0000 0000 0000"),
        ("la tarjeta 4111 1111 1111 1111", "la tarjeta 0000 0000 0000 0000"),
        ("mi DNI 12345678Z", "mi DNI 00000000x"),
        ("@Bruma llevo 3 días esperando 24 h", "@Bruma llevo 3 días esperando 24 h"),
    ],
)
def test_what_tells_who_wrote_is_masked_in_its_shape(text: str, masked: str) -> None:
    assert mask_text(text, frozenset({"bruma"})) == masked


def test_a_masked_comment_has_neither_ids_nor_names() -> None:
    comment = Comment(
        text="hola",
        id="post-1",
        author=Author(id="u1", name="Ana Ruiz", followers=12),
        thread=(Turn(text="a @ana", author="Ana", kind="customer"),),
        history=("soy @ana",),
        meta={"phone": "612345678"},
    )
    shape = json.dumps(mask_comment(comment).to_dict())
    assert "followers" in shape
    for told in ("u1", "Ana", "post-1", "@ana", "612345678"):
        assert told not in shape


def given_record(path: Path, text: str = "@Bruma soy @ana_r, mi pedido 88-4471-X no llega") -> Path:
    decision = {
        "schema": "aplomo.decision/1",
        "created_at": "2026-03-01T10:00:00+00:00",
        "comment": {
            "id": "x",
            "text": text,
            "channel": "x",
            "lang": "es",
            "author": {"name": "Ana"},
        },
        "protocol": {"id": "small", "version": "1", "sha256": "s"},
    }
    path.write_text(json.dumps(decision), encoding="utf-8")
    return path


def test_a_corrected_decision_becomes_a_case_and_nothing_else_changes(made: Made) -> None:
    cases = made.root / "evals" / "mini" / "cases.yaml"
    cases.write_text("# who reads this\n" + cases.read_text(encoding="utf-8"), encoding="utf-8")
    before = cases.read_text(encoding="utf-8")
    record = given_record(made.root / "d.json")
    flags = [
        "--answer",
        "positive=no",
        "--outcome",
        "listen",
        "--must-pass",
        "--keep",
        "@bruma",
        "--yes",
    ]
    result = aplomo("add", "mini", str(record), "--id", "from-life", *flags)
    assert result.exit_code == 0, result.output
    assert cases.read_text(encoding="utf-8").startswith(before)
    case = load_suite(cases).cases[-1]
    assert (case.id, case.split, case.must_pass) == ("from-life", "test", True)
    assert (dict(case.answers), dict(case.outcomes)) == ({"positive": "no"}, {"small": "listen"})
    assert case.comment.text == "@Bruma soy @xxx_x, mi pedido 00-0000-x no llega"
    assert case.provenance == "a decision of 2026-03-01, corrected by a person"
    assert {path.name for path in cases.parent.iterdir()} == {"cases.yaml"}


def test_a_file_keeps_its_line_ends_and_who_may_read_it(made: Made) -> None:
    cases = made.root / "evals" / "mini" / "cases.yaml"
    before = cases.read_bytes().replace(b"\n", b"\r\n")
    cases.write_bytes(before)
    cases.chmod(0o644)
    record = given_record(made.root / "d.json")
    result = aplomo("add", "mini", str(record), "--yes", "--answer", "positive=no", "--id", "new")
    assert result.exit_code == 0, result.output
    after = cases.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == after.count(b"\r\n")
    assert cases.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--yes"], "say what is right"),
        (["--yes", "--answer", "positive"], "is not QUESTION=yes|no"),
        (["--yes", "--answer", "positive=yes", "--id", "c0"], "duplicate id 'c0'"),
        (["--yes", "--check", "nonsense"], "evals/mini/cases.yaml:33: "),
        (["--yes", "--answer", "positve=yes"], "no protocol asks 'positve' (did you mean 'posit"),
        (["--yes", "--outcome", "lissen"], "small has no outcome 'lissen' (did you mean 'listen'"),
        (["--answer", "positive=yes"], "somebody must look"),
    ],
)
def test_what_cannot_become_a_case_changes_nothing(
    made: Made, flags: list[str], message: str
) -> None:
    cases = made.root / "evals" / "mini" / "cases.yaml"
    before = cases.read_bytes()
    result = aplomo("add", "mini", str(given_record(made.root / "d.json")), *flags)
    assert message in str(result.exception)
    assert cases.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": "other/1", "comment": {"text": "a"}}',
        '{"schema": "aplomo.decision/1", "comment": {"text": "a"}}',
    ],
)
def test_what_is_no_record_is_said_so(made: Made, text: str) -> None:
    path = made.root / "d.json"
    path.write_text(text)
    result = aplomo("add", "mini", str(path), "--yes", "--answer", "positive=yes")
    assert "is no decision record" in str(result.exception)


PERSON = "Sentimos el retraso, @ana_r: escríbenos a ana.ruiz@correo.example y lo vemos contigo."
SHORT = "Muchas gracias por escribirnos, nos alegra mucho leerte."


def corrected_record(made: Made) -> Path:
    """A decision whose draft failed two checks."""
    path = given_record(made.root / "d.json", "Me encanta vuestro café, @Bruma")
    decision = json.loads(path.read_text(encoding="utf-8"))
    checks = [
        {"check": name, "passed": name == "length", "detail": ""}
        for name in ("length", "required_elements", "promises")
    ]
    decision["outcome"] = {"id": "thank", "action": "reply"}
    decision["reply"] = {"text": "Te damos uno gratis.", "checks": checks}
    path.write_text(json.dumps(decision), encoding="utf-8")
    return path


def test_a_corrected_reply_becomes_what_a_draft_is_held_to(made: Made) -> None:
    flags = ["--id", "mended", "--keep", "@Bruma", "--yes"]
    added = aplomo("add", "mini", str(corrected_record(made)), "--reply", SHORT, *flags)
    assert added.exit_code == 0, added.output
    case = load_suite(made.root / "evals/mini/cases.yaml").cases[-1]
    assert case.checks == ("ready", "required_elements", "promises")
    assert case.reply == SHORT
    assert case.outcomes == {}


def test_what_fails_in_the_corrected_reply_too_is_asked_of_no_draft(made: Made) -> None:
    text = made.root / "reply.txt"
    text.write_text(PERSON, encoding="utf-8")
    flags = ["--id", "mended", "--yes", "--check", "length"]
    added = aplomo("add", "mini", str(corrected_record(made)), "--reply", f"@{text}", *flags)
    assert added.exit_code == 0, added.output
    assert "your own reply fails here" in added.output
    assert "required_elements" in added.output
    case = load_suite(made.root / "evals/mini/cases.yaml").cases[-1]
    assert case.checks == ("length", "ready", "promises")
    assert case.reply is not None
    assert "ana" not in case.reply


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--reply", "Hola", "--outcome", "listen"], "'listen' has no reply to correct"),
        (["--reply", " "], "the reply is empty"),
        (["--reply", "@nowhere.txt"], "no reply can be read"),
    ],
)
def test_a_reply_that_cannot_be_one_changes_nothing(
    made: Made, flags: list[str], message: str
) -> None:
    cases = made.root / "evals/mini/cases.yaml"
    before = cases.read_bytes()
    result = aplomo("add", "mini", str(corrected_record(made)), "--yes", *flags)
    assert message in str(result.exception)
    assert cases.read_bytes() == before
