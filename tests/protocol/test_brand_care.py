"""The default protocol: its gates, its spine, its budget, and the page that explains it."""

import re
from pathlib import Path

import pytest
from gates import GATES
from hypothesis import given
from hypothesis import strategies as st

from aplomo.assets import asset
from aplomo.comment import Author, Comment, Turn
from aplomo.errors import AplomoError
from aplomo.protocol.load import load
from aplomo.protocol.model import Question, Verdict
from aplomo.protocol.paths import paths
from aplomo.protocol.prove import prove
from aplomo.protocol.rule import compile_rule
from aplomo.walk import walk

PROTOCOL = load(asset("protocols", "brand-care.yaml"))
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "brand-care.md").read_text(encoding="utf-8")
PAIRS = [(gate, *pair) for gate, pairs in GATES.items() for pair in pairs]


def holds(question: str, comment: Comment) -> bool:
    rule = PROTOCOL.questions[question].rule
    assert rule is not None
    return compile_rule(rule)(comment)


def walked(comment: Comment, **answers: Verdict) -> tuple[list[str], str]:
    """The path and the outcome when rules answer for themselves and the model says `answers`."""
    path: list[str] = []

    def answer(question: Question) -> Verdict:
        path.append(question.id)
        if question.rule and question.id not in answers:
            return "yes" if compile_rule(question.rule)(comment) else "no"
        return answers.get(question.id, "no")

    steps = walk(PROTOCOL)
    question = next(steps)
    while True:
        try:
            question = steps.send(answer(question))
        except StopIteration as done:
            return path, done.value.id


def test_there_are_pairs_enough() -> None:
    for gate, pairs in GATES.items():
        assert len(pairs) == 24, gate
        assert len({text for pair in pairs for text in pair}) == 48, gate


@pytest.mark.parametrize(("gate", "danger", "benign"), PAIRS, ids=lambda text: text[:24])
def test_a_gate_tells_danger_from_what_sounds_like_it(gate: str, danger: str, benign: str) -> None:
    assert holds(gate, Comment(text=danger))
    assert holds(gate, Comment(text=danger.upper()))
    assert [name for name in GATES if holds(name, Comment(text=benign))] == []


@pytest.mark.parametrize(("gate", "danger"), [pair[:2] for pair in PAIRS], ids=lambda t: t[:24])
def test_two_turns_do_not_slip_past_a_gate(gate: str, danger: str) -> None:
    before = Turn(text=danger, kind="customer")
    assert holds(gate, Comment(text="??", thread=(before, Turn(text="Hola", kind="agent"))))
    words = danger.split()
    for cut in range(1, len(words)):
        turn = Turn(text=" ".join(words[:cut]), kind="unknown")
        assert holds(gate, Comment(text=" ".join(words[cut:]), thread=(turn,))), cut


def test_what_the_brand_said_is_not_held_against_the_person() -> None:
    ours = Turn(
        text="Si piensas en el suicidio, llama al 024. Voy a matarme no es salida", kind="bot"
    )
    assert not holds("self_harm_words", Comment(text="solo quería el horario", thread=(ours,)))


def test_hidden_letters_and_styled_ones_do_not_slip_past() -> None:
    for text in ("voy a sui\u200bcidarme", "𝐯𝐨𝐲 𝐚 𝐬𝐮𝐢𝐜𝐢𝐝𝐚𝐫𝐦𝐞", "VOY  A\nSUICIDARME"):
        assert holds("self_harm_words", Comment(text=text))


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(PAIRS))
def test_whatever_stands_around_it_danger_is_found(
    before: str, after: str, pair: tuple[str, str, str]
) -> None:
    gate, danger, _ = pair
    if gate in ("threat_words", "private_data_shown"):  # what stands around may lift these two
        return
    assert holds(gate, Comment(text=f"{before} . {danger} . {after}"))


def test_the_budget_and_the_order_are_proved() -> None:
    proof = prove(PROTOCOL, most_calls=3)
    assert proof.violations == ()
    assert proof.walked
    assert proof.calls == 3
    assert {"self_harm_words", "danger_hint", "vulnerable_author"} <= set(proof.gates)


def test_every_outcome_is_reached() -> None:
    assert {path.outcome for path in paths(PROTOCOL)} == set(PROTOCOL.outcomes)


def test_an_ordinary_comment_takes_one_call() -> None:
    comment = Comment(text="Tercer pedido y el mejor café que he tomado en casa ☕")
    path, outcome = walked(comment, positive="yes")
    assert outcome == "thank"
    assert {q.round for q in map(PROTOCOL.questions.__getitem__, path) if "model" in q.ask} == {1}


META: tuple[tuple[str, str, str], ...] = (
    ("duplicate_of", "c-1", "already_answered"),
    ("about_us", "no", "not_ours"),
    ("incident", "inc-1", "crisis_statement"),
    ("shares", "2500", "raise_alarm"),
    ("similar", "25", "raise_alarm"),
    ("can_reply", "no", "other_channel"),
    ("place", "hostile", "listen"),
)


@pytest.mark.parametrize(("key", "value", "outcome"), META)
def test_what_the_inbox_knows_decides_without_the_model(key: str, value: str, outcome: str) -> None:
    path, end = walked(Comment(text="hola", meta={key: value}))
    assert end == outcome
    assert not any("model" in PROTOCOL.questions[name].ask for name in path)
    assert walked(Comment(text="voy a suicidarme", meta={key: value}))[1] == "crisis_support"


COMPLAINT: tuple[tuple[str, dict[str, str], str], ...] = (
    ("menudo desastre", {}, "ask_details"),
    ("pedido 48213 sin llegar, sinvergüenzas", {}, "restore"),
    ("llevo once días esperando", {}, "restore"),
    ("charged me 40 € twice, clowns", {}, "restore"),
    ("menudo desastre", {"case": "open"}, "restore_priority"),
    ("menudo desastre", {"shares": "300"}, "restore_priority"),
    ("menudo desastre", {"case": "solved"}, "follow_up"),
    ("menudo desastre", {"known_issue": "app-login"}, "explain_fix"),
    ("menudo desastre", {"fault": "other"}, "guide_elsewhere"),
    ("menudo desastre", {"desk": "closed"}, "holding_reply"),
    ("menudo desastre", {"refused_help": "yes"}, "stop_offering"),
)


@pytest.mark.parametrize(("text", "meta", "outcome"), COMPLAINT)
def test_a_complaint_is_answered_by_what_is_known_of_it(
    text: str, meta: dict[str, str], outcome: str
) -> None:
    assert (
        walked(Comment(text=text, meta=meta), service_failure="yes", offensive="yes", smear="yes")[
            1
        ]
        == outcome
    )


def test_reach_raises_the_level() -> None:
    loud = Comment(text="menudo desastre", author=Author(followers=50_000))
    outcome = walked(loud, service_failure="yes")[1]
    assert PROTOCOL.outcomes[outcome].level == "L2"
    assert PROTOCOL.outcomes[walked(loud, smear="yes")[1]].level == "L2"
    assert PROTOCOL.outcomes[walked(loud, wrong_facts="yes")[1]].level == "L2"


def test_an_angry_real_customer_is_never_silenced() -> None:
    angry = Comment(text="sois una panda de inútiles, pedido 48213")
    said: tuple[dict[str, Verdict], ...] = ({"offensive": "yes"}, {"smear": "yes"})
    for yes in said:
        assert walked(angry, **yes)[1] == "case_by_case"
        known = Comment(text="sois una panda de inútiles", author=Author(customer=True))
        assert walked(known, **yes)[1] == "case_by_case"
        assert walked(Comment(text="sois una panda de inútiles"), **yes)[1] == "listen"


SPINE: tuple[tuple[str, dict[str, Verdict], str], ...] = (
    ("Precio porfa", {"positive": "yes"}, "assist_purchase"),
    ("where can i buy this", {"positive": "yes"}, "assist_purchase"),
    ("holaa abrís hoy?", {"positive": "yes"}, "answer_question"),
    ("do you ship to Ireland? Asking for my sister", {"positive": "yes"}, "answer_question"),
    ("qué ricos, a ver si sacáis de limón", {"positive": "yes", "wake_up_call": "yes"}, "suggestion"),
    ("@ana.b mira", {"positive": "yes"}, "let_stand"),
    ("x" * 100, {"positive": "yes"}, "thank_and_add"),
    ("x" * 200, {"positive": "yes"}, "share"),
    ("bonito pero caro", {}, "thank_and_take"),
    ("bonito pero roto", {"service_failure": "yes"}, "restore_mixed"),
    ("llevan plomo, pasadlo", {"wrong_facts": "yes", "contradicts_facts": "yes"}, "correct_facts"),
    ("llevan plomo, pasadlo", {"wrong_facts": "yes", "contradicts_facts": "unsure"}, "human_review"),
    ("llevan plomo, pasadlo", {"wrong_facts": "yes"}, "case_by_case"),
    ("soy químico y llevan plomo", {"wrong_facts": "yes"}, "case_by_case"),
    ("poned modo oscuro", {"wake_up_call": "yes"}, "wake_up"),
    ("mm", {}, "case_by_case"),
    ("esto es peligroso", {"threat": "yes"}, "safety_handoff"),
    ("esto es peligroso", {"positive": "yes"}, "thank"),
    ("esto es peligroso", {"self_harm": "unsure"}, "safety_review"),
    ("mm", {"serious": "yes"}, "case_by_case"),
    ("mm", {"serious": "yes", "self_harm": "yes"}, "crisis_support"),
    ("qué ricos", {"positive": "yes", "wish_meant": "yes"}, "suggestion"),
    ("mm", {"serious": "unsure"}, "case_by_case"),
    ("mm", {"serious": "yes", "positive": "yes"}, "thank"),
    ("hijos de puta", {"offensive": "yes"}, "hide_breaking_rules"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "answers", "outcome"), SPINE)
def test_the_spine(text: str, answers: dict[str, Verdict], outcome: str) -> None:
    assert walked(Comment(text=text), **answers)[1] == outcome


def test_a_word_that_may_be_danger_opens_the_detailed_questions() -> None:
    path, _ = walked(Comment(text="el enchufe no es peligroso, no?"))
    assert path.index("danger_hint") < path.index("self_harm") < path.index("positive")


def test_texts_shown_to_the_model_are_few_and_whole() -> None:
    """A text that is not listed under yes counts as no: so each must be meant."""
    texts = {
        example.text
        for question in PROTOCOL.round(1)
        for example in (*question.yes_examples, *question.no_examples)
    }
    assert len(texts) <= 28


def test_rules_are_asked_of_anything_without_failing() -> None:
    rules = [question.rule for question in PROTOCOL.questions.values() if question.rule]
    odd = ["\u202e", "9" * 400, "💀" * 300, "@" * 50, "€ $ £ # / \\ [ ( {", "ñ\u0301"]
    for text in odd:
        comment = Comment(
            text=f"a{text}", thread=(Turn(text=text),), meta={"shares": "1e9", "age_days": "x"}
        )
        for rule in rules:
            try:
                compile_rule(rule)(comment)
            except AplomoError as error:
                raise AssertionError(f"{rule[:60]}: {error}") from None


# ---- the page ----

ROW = re.compile(r"^\| (\d+|—) \| (.+?) \| (.+?) \|$", re.MULTILINE)
KNOWN = {"text", "said", "channel", "lang", "thread", "history", "department", "level", "deadline",
         "private", "facts", "goal", "must", "never", "template", "private_template", "action",
         "round", "unsure", "human", "none"}  # fmt: skip


def table(title: str) -> list[tuple[str, str, str]]:
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return ROW.findall(section)


def test_each_of_the_48_questions_has_its_place() -> None:
    rows = table("The 48 questions")
    assert [int(number) for number, _, _ in rows] == list(range(1, 49))
    for number, _, place in rows:
        assert re.search(r"`\w", place) or place.startswith("Not a node: "), number
        assert len(place) > 30 or not place.startswith("Not a node"), number


def test_each_of_the_37_actions_has_its_place() -> None:
    rows = table("The 37 actions")
    assert [int(number) for number, _, _ in rows] == list(range(1, 38))
    for number, _, place in rows:
        assert re.search(r"`\w", place) or place.startswith("Not an outcome: "), number


def test_every_name_on_the_page_exists() -> None:
    read = set(
        re.findall(r"meta\.(\w+)", " ".join(q.rule or "" for q in PROTOCOL.questions.values()))
    )
    read |= set(
        re.findall(r'"(\w+)" in meta', " ".join(q.rule or "" for q in PROTOCOL.questions.values()))
    )
    there = {*PROTOCOL.questions, *PROTOCOL.outcomes, *PROTOCOL.elements, *KNOWN}
    named = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", PAGE))
    for name in named:
        kind, _, key = name.partition(".")
        if kind == "meta":
            assert key in read, name
        elif kind == "author":
            assert key in {"id", "name", "kind", "followers", "verified", "customer"}, name
        elif kind != "brand":
            assert name in there, name
    told = {name.removeprefix("meta.") for name in named if name.startswith("meta.")}
    assert told == read
    for question in PROTOCOL.questions:
        assert f"`{question}`" in PAGE, question
    for outcome in PROTOCOL.outcomes:
        assert f"`{outcome}`" in PAGE, outcome
