"""All checks together: on good replies, on hostile ones, and when one breaks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from judging import matter, plain_matter

import aplomo.check
from aplomo.assets import asset
from aplomo.brand.channel import CHANNELS
from aplomo.brand.model import Exemplar, Fact
from aplomo.check import CHECKS, LONGEST, run_checks
from aplomo.check.base import Check, Finding, Matter
from aplomo.comment import Comment
from aplomo.draft import Draft, from_template, private_words
from aplomo.protocol.load import load
from aplomo.protocol.model import Outcome

PROTOCOL = load(asset("protocols", "basic-guide.yaml"))
REPLIES = [outcome for outcome in PROTOCOL.outcomes.values() if outcome.action == "reply"]


def failed(draft: Draft, about: Matter) -> list[Finding]:
    return [finding for finding in run_checks(draft, about) if not finding.passed]


@pytest.mark.parametrize(
    "exemplar", plain_matter().brand.exemplars, ids=lambda e: f"{e.outcome}-{e.lang}"
)
def test_the_example_brands_exemplars_pass(exemplar: Exemplar) -> None:
    about = matter(exemplar.lang, exemplar.outcome, exemplar.comment, channel=CHANNELS["x"])
    private = private_words(about.outcome, about.brand, exemplar.lang, [])
    draft = Draft(text=exemplar.reply, private_text=private, facts=exemplar.facts)
    assert failed(draft, about) == []


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("fact", plain_matter().facts.values(), ids=lambda fact: fact.id)
def test_the_example_brands_facts_pass(fact: Fact, lang: str) -> None:
    draft = Draft(text=fact.statement[lang], facts=(fact.id,))
    assert failed(draft, matter(lang, "answer_question", "¿?!?? ok")) == []


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("fact", plain_matter().facts.values(), ids=lambda fact: fact.id)
@pytest.mark.parametrize("outcome", REPLIES, ids=lambda outcome: outcome.id)
def test_the_basic_guides_templates_pass(outcome: Outcome, fact: Fact, lang: str) -> None:
    draft = from_template(outcome, plain_matter().brand, lang, [fact])
    assert draft is not None
    assert failed(draft, matter(lang, outcome.id)) == []


CARE = load(asset("protocols", "brand-care.yaml"))


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize(
    "outcome",
    [outcome for outcome in CARE.outcomes.values() if outcome.action == "reply"],
    ids=lambda outcome: outcome.id,
)
def test_the_default_protocols_templates_pass(outcome: Outcome, lang: str) -> None:
    fact = next(iter(plain_matter().facts.values()))
    draft = from_template(outcome, plain_matter().brand, lang, [fact])
    assert draft is not None
    about = replace(matter(lang, channel=CHANNELS["x"]), outcome=outcome, elements=CARE.elements)
    assert failed(draft, about) == []


def test_every_check_is_named_as_its_finding() -> None:
    names = [finding.check for finding in run_checks(Draft(text="Muchas gracias."), matter())]
    assert names == [check.__name__ for check in CHECKS]
    assert names == snapshot(
        [
            "empty",
            "length",
            "invisible",
            "language",
            "address",
            "banned_words",
            "required_elements",
            "forbidden_elements",
            "personal_data",
            "links",
            "numbers",
            "names",
            "facts",
            "promises",
            "refusal",
            "placeholders",
            "markup",
            "prompt_leak",
            "comment_copy",
            "reply_copy",
            "signature",
            "disclosure",
        ]
    )


def test_a_broken_check_is_a_finding_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(draft: Draft, about: Matter) -> Finding:
        raise ValueError("no luck")

    monkeypatch.setattr(aplomo.check, "CHECKS", (broken,))
    assert run_checks(Draft(text="Muchas gracias."), matter()) == (
        Finding(check="broken", passed=False, detail="broke: ValueError: no luck"),
    )


def test_what_is_no_reply_is_not_looked_at() -> None:
    endless = Draft(text="a" * 1_000_000)
    assert run_checks(endless, matter()) == snapshot(
        (
            Finding(
                check="length",
                passed=False,
                detail="1000000 characters: not looked at beyond 50000",
            ),
        )
    )
    private = Draft(text="Hola.", private_text="a" * (LONGEST + 1))
    assert [finding.passed for finding in run_checks(private, matter())] == [False]


WORDS = [
    "te",
    "lo",
    "devolvemos",
    "en",
    "24",
    "horas",
    "we",
    "will",
    "gratis",
    "http://a.b",
    "@x",
    "[x]",
]
TEXT = st.one_of(
    st.text(),
    st.text(alphabet="aeñ @#.,:/0123456789-()[]{}<>*_`'\"\n€%+"),
    st.text(alphabet="👨‍👩‍👧🏽❤️\u200b\u202e\u0301ſßİ٣５²"),
    st.lists(st.sampled_from(WORDS)).map(" ".join),
)


@given(
    text=TEXT,
    private=st.none() | TEXT,
    comment=TEXT,
    prompt=TEXT,
    lang=st.sampled_from(["es", "en", "pt", "xx", ""]),
)
def test_no_text_breaks_a_check(
    text: str, private: str | None, comment: str, prompt: str, lang: str
) -> None:
    about = replace(
        matter(outcome="correct_facts", channel=CHANNELS["bluesky"], prompt=prompt),
        comment=Comment(text=f"a{comment}"),
        lang=lang,
        recent=(comment, text),
    )
    draft = Draft(text=text, private_text=private, facts=("returns",))
    findings = run_checks(draft, about)
    assert len(findings) == len(CHECKS)
    assert [f.detail for f in findings if f.detail.startswith("broke: ")] == []
    assert run_checks(draft, about) == findings


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "piece", ["a", "a. ", "we will ", "@", "\n", "1-", "http://a.b ", "👨‍👩‍👧 "]
)
def test_the_longest_text_breaks_no_check(check: Check, piece: str) -> None:
    text = piece * (LONGEST // len(piece))
    about = matter(comment="hola " + text, brand={"signature": {"es": "— B"}}, prompt=text)
    assert isinstance(check(Draft(text=text, private_text=text), about), Finding)
