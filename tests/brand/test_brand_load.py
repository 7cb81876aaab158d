import hashlib
from datetime import date
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aplomo.assets import asset
from aplomo.brand.load import load_brand, load_facts, loads_brand, loads_facts
from aplomo.brand.model import Channel, Exemplar, Fact, Limit
from aplomo.errors import ConfigError, DocumentError

BRAND = """\
id: luna
name: Luna
languages: [es, en]
tone: {es: cálido, en: warm}
address:
  es: usted
  en: you
banned:
  es: [barato]
  en: []
contact: {es: correo, en: e-mail}
promises: [refund]
links: [luna.example.com]
exemplars:
  - outcome: thank
    lang: es
    comment: Hola
    reply: Gracias
channels:
  mastodon: {limits: [{most: 1000, unit: graphemes}, {most: 9000, unit: bytes}]}
  forum: {limits: [{most: 10}], public_only: true}
"""
FACTS = """\
facts:
  hours:
    statement: {es: Abrimos hoy., en: We open today.}
    source: Web
    valid_until: 2026-12-18
  shop:
    statement: {es: Hay tienda., en: There is a shop.}
    source: Web
"""


def refused(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        loads_brand(text, name="brand.yaml")
    return [str(problem) for problem in caught.value.problems]


def facts_refused(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        loads_facts(text, languages=("es", "en"), name="facts.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_a_brand_is_read_as_written() -> None:
    brand = loads_brand(BRAND)
    assert brand.languages == ("es", "en")
    assert brand.address == {"es": "usted", "en": "you"}
    assert brand.banned == {"es": ("barato",), "en": ()}
    assert brand.promises == ("refund",)
    assert brand.exemplars == (
        Exemplar(outcome="thank", lang="es", comment="Hola", reply="Gracias"),
    )
    assert brand.channels["mastodon"].limits[1] == Limit(most=9000, unit="bytes")
    assert brand.channels["forum"] == Channel(
        id="forum", limits=(Limit(most=10),), public_only=True
    )
    assert brand.sha256 == hashlib.sha256(BRAND.encode()).hexdigest()
    assert brand.sha256 != loads_brand(BRAND + "\n").sha256


def test_facts_are_read_as_written() -> None:
    facts = loads_facts(FACTS, languages=("es", "en"))
    assert list(facts) == ["hours", "shop"]
    assert facts["hours"] == Fact(
        id="hours",
        statement={"es": "Abrimos hoy.", "en": "We open today."},
        source="Web",
        valid_until=date(2026, 12, 18),
    )
    assert facts["hours"].holds(date(2026, 12, 18))
    assert not facts["hours"].holds(date(2026, 12, 19))
    assert facts["shop"].holds(date(2100, 1, 1))


def test_files_are_read_and_named(tmp_path: Path) -> None:
    (tmp_path / "brand.yaml").write_text(BRAND, encoding="utf-8")
    (tmp_path / "facts.yaml").write_text(FACTS.replace("source: Web", "", 1), encoding="utf-8")
    assert load_brand(tmp_path / "brand.yaml") == loads_brand(BRAND)
    with pytest.raises(DocumentError, match=r"facts.yaml:2: facts.hours.source is missing"):
        load_facts(tmp_path / "facts.yaml", languages=("es", "en"))
    with pytest.raises(ConfigError, match="brand file not found"):
        load_brand(tmp_path / "none.yaml")


def test_every_problem_of_a_brand_at_once() -> None:
    text = """\
id: Luna
name: ""
languages: [es, en, en]
tone: {es: hola}
adress: {es: tu}
address: {es: vosotros, en: you, fr: tu}
contact: 5
banned: {es: [""], en: [a]}
promises: [refunds]
links: ["https://luna.example.com/"]
exemplars:
  - {outcome: thank, lang: fr, comment: a, reply: " "}
  - {outcome: thank}
channels:
  x: {limits: []}
  y: {limits: [{most: 0, unit: chars}], public: true}
name: Luna
"""
    assert refused(text) == snapshot(
        [
            "brand.yaml:1: id: 'Luna' is not an id (write lower_case_letters)",
            "brand.yaml:2: name is empty",
            "brand.yaml:3: languages: the same language twice",
            "brand.yaml:4: tone has no text in 'en'",
            "brand.yaml:5: adress is not a known key (did you mean 'address'?)",
            "brand.yaml:6: address.es should be 'tu', 'usted', 'vos' or 'you'",
            "brand.yaml:6: address.fr: 'fr' is no brand language",
            "brand.yaml:7: contact should be a mapping",
            "brand.yaml:8: banned.es.0 is empty",
            "brand.yaml:9: promises.0 should be 'refund', 'compensation', 'discount', 'replacement', 'deadline', 'future_work' or 'admission' (did you mean 'refund'?)",
            "brand.yaml:10: links.0: 'https://luna.example.com/' is not a host (write example.com)",
            "brand.yaml:12: exemplars.0.lang: 'fr' is no brand language",
            "brand.yaml:12: exemplars.0.reply is empty",
            "brand.yaml:13: exemplars.1.comment is missing",
            "brand.yaml:13: exemplars.1.lang is missing",
            "brand.yaml:13: exemplars.1.reply is missing",
            "brand.yaml:15: channels.x.limits is empty",
            "brand.yaml:16: channels.y.limits.0.most should be greater than 0",
            "brand.yaml:16: channels.y.limits.0.unit should be 'characters', 'weighted', 'graphemes' or 'bytes' (did you mean 'characters'?)",
            "brand.yaml:16: channels.y.public is not a known key (did you mean 'public_only'?)",
            "brand.yaml:17: duplicate id or key 'name' (first written in line 2)",
        ]
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("", "brand.yaml:1: document is empty"),
        ("[]", "brand.yaml:1: document should be a mapping"),
        ("id: [", "brand.yaml:2: not valid YAML"),
        (BRAND.replace("es: cálido, ", ""), "brand.yaml:4: tone has no text in 'es'"),
        (BRAND.replace("  en: you\n", ""), "brand.yaml:5: address has no text in 'en'"),
        (BRAND.replace("usted", "thou"), "brand.yaml:6: address.es should be 'tu', 'usted'"),
        (BRAND.replace("[barato]", "barato"), "brand.yaml:9: banned.es"),
        (BRAND.replace("languages: [es, en]", "languages: []"), "brand.yaml:3: languages is empty"),
        (BRAND.replace("most: 10}", "most: '10'}"), "brand.yaml:21: channels.forum.limits.0.most"),
        (BRAND.replace("Gracias", "''"), "brand.yaml:18: exemplars.0.reply is empty"),
        (BRAND.replace("unit: bytes", "unit: words"), "channels.mastodon.limits.1.unit should be"),
    ],
)
def test_one_wrong_thing_is_named_with_its_line(wrong: str, message: str) -> None:
    assert any(message in problem for problem in refused(wrong)), refused(wrong)


def test_every_problem_of_the_facts_at_once() -> None:
    text = """\
facts:
  a:
    statement: {es: Hola}
    source: x
    valid_until: 2026-02-31
  a:
    statement: {}
  B: {statement: {es: a, en: b}, source: c, valid_until: 5}
  c:
  d: {statement: {es: a, en: ""}, sauce: x}
  e: {statement: hola, source: x, valid_until: tomorrow}
  f: {statement: {es: a, en: b}, source: x, questions: {es: que, fr: [quoi]}}
"""
    assert facts_refused(text) == snapshot(
        [
            "facts.yaml:3: facts.a.statement has no text in 'en'",
            "facts.yaml:5: facts.a.valid_until: '2026-02-31' is not a date (write YYYY-MM-DD)",
            "facts.yaml:6: duplicate id or key 'a' (first written in line 2)",
            "facts.yaml:8: facts.B.valid_until should be text (write it in quotes)",
            "facts.yaml:8: facts.B: 'B' is not an id (write lower_case_letters)",
            "facts.yaml:9: facts.c is empty",
            "facts.yaml:10: facts.d.sauce is not a known key (did you mean 'source'?)",
            "facts.yaml:10: facts.d.source is missing",
            "facts.yaml:10: facts.d.statement.en is empty",
            "facts.yaml:11: facts.e.statement should be a mapping",
            "facts.yaml:11: facts.e.valid_until: 'tomorrow' is not a date (write YYYY-MM-DD)",
            "facts.yaml:12: facts.f.questions.es should be a list",
            "facts.yaml:12: facts.f.questions.fr: no statement in 'fr'",
        ]
    )


def test_facts_may_be_none_but_not_nothing() -> None:
    assert loads_facts("facts: {}", languages=("es",)) == {}
    assert facts_refused("") == ["facts.yaml:1: document is empty"]
    assert facts_refused("hours: {}") == snapshot(
        ["facts.yaml:1: facts is missing", "facts.yaml:1: hours is not a known key"]
    )


def test_a_fact_may_speak_more_languages_than_the_brand() -> None:
    assert set(loads_facts(FACTS, languages=("es",))["shop"].statement) == {"es", "en"}


def test_the_examples_load() -> None:
    brand = load_brand(asset("examples", "brand.yaml"))
    facts = load_facts(asset("examples", "facts.yaml"), languages=brand.languages)
    assert brand.promises == ()
    assert len(facts) >= 12
    assert any(fact.valid_until for fact in facts.values())
    told = [(exemplar.outcome, exemplar.lang) for exemplar in brand.exemplars]
    assert all(told.count(pair) <= 2 for pair in told)
    outcomes = {"thank", "share", "answer_question", "restore", "ask_details", "correct_facts"}
    outcomes.add("wake_up")
    assert set(told) == {(outcome, lang) for outcome in outcomes for lang in ("es", "en")}
