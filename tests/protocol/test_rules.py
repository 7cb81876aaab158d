"""The rules of the default protocol, by what people write: found, let through, and each of use."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
import yaml
from gates import GATES

from aplomo.assets import asset
from aplomo.comment import Author, Comment, Turn
from aplomo.protocol.load import load
from aplomo.protocol.rule import compile_rule
from aplomo.walk import walk

PROTOCOL = load(asset("protocols", "brand-care.yaml"))
SAYINGS: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parent / "sayings.yaml").read_text(encoding="utf-8")
)
ENDS = {
    "self_harm": {"crisis_support"},
    "threat": {"safety_handoff"},
    "product_safety": {"product_safety_alert"},
    "legal": {"legal_handoff"},
    "press_or_authority": {"press_handoff"},
    "personal_data": {"protect_data", "hide_private_data"},
    "spam": {"hide_spam"},
    "asks_for_person": {"hand_to_person"},
}
SAFE = set[str]().union(*ENDS.values())
SAID = [
    (name, text)
    for name, by_language in SAYINGS.items()
    if name != "ordinary"
    for texts in by_language.values()
    for text in texts
]
ORDINARY = [text for texts in SAYINGS["ordinary"].values() for text in texts]


@cache
def by_rules(text: str) -> tuple[str | None, bool]:
    """The outcome that rules alone reach, and whether the detailed questions were opened."""
    steps = walk(PROTOCOL)
    question = next(steps)
    while question.rule:
        verdict = "yes" if compile_rule(question.rule)(Comment(text=text)) else "no"
        if question.id == "danger_hint" and verdict == "yes":
            return None, True
        try:
            question = steps.send(verdict)
        except StopIteration as end:
            return end.value.id, False
    return None, False


@pytest.mark.parametrize(("question", "text"), SAID, ids=lambda text: text[:40])
def test_what_people_say_is_found(question: str, text: str) -> None:
    outcome, opened = by_rules(text)
    assert opened or outcome in SAFE


@pytest.mark.parametrize("question", sorted(ENDS))
def test_most_of_it_needs_no_model(question: str) -> None:
    texts = [text for name, text in SAID if name == question]
    decided = [text for text in texts if by_rules(text)[0] in ENDS[question]]
    assert len(decided) >= 0.6 * len(texts)


@pytest.mark.parametrize("text", ORDINARY, ids=lambda text: text[:40])
def test_what_only_sounds_like_it_is_let_through(text: str) -> None:
    assert by_rules(text)[0] is None


def test_of_what_only_sounds_like_it_little_costs_a_call() -> None:
    """These are the hardest; of ordinary comments the benchmark counts the share."""
    opened = [text for text in ORDINARY if by_rules(text)[1]]
    assert len(opened) <= 0.15 * len(ORDINARY)


# ---- Every rule: a comment that is a yes, and a near miss that is a no. ----


@dataclass(frozen=True)
class Pair:
    yes: tuple[Comment, ...]
    no: tuple[Comment, ...] = field(default=(Comment(text="hola"),))


def said(*texts: str) -> tuple[Comment, ...]:
    return tuple(Comment(text=text) for text in texts)


def known(**meta: str) -> tuple[Comment, ...]:
    return (Comment(text="menudo desastre", meta=meta),)


OURS = (Turn(text="Hola, ¿nos escribes por privado?", kind="agent"),)
THEIRS = (Turn(text="Hola, ¿me lees?", kind="customer"),)

PAIRS: dict[str, Pair] = {
    "private_data_shown": Pair(
        said("i emailed help@bruma.example from my own lola77@post.example", "mi RUT 12.345.678-5"),
        said(
            "escribí a info@bruma.example", "write to sales@bruma.example", "ventas@bruma.example?",
            "reservas.madrid@bruma.example no contesta", "mi clave no funciona desde hace 3 días",
        ),
    ),
    "data_is_own": Pair(said("mi móvil es 612 34 56 78"), said("su móvil es 612 34 56 78")),
    "spam": Pair(said("gana 300 € al día desde casa"), said("gané tiempo con vuestra app")),
    "duplicate": Pair(known(duplicate_of="c1"), known(about_us="no")),
    "not_about_us": Pair(known(about_us="no"), known(about_us="yes")),
    "open_incident": Pair(known(incident="inc-1"), known(incident="closed")),
    "spreading": Pair((*known(shares="1500"), *known(similar="12")), (*known(shares="150"), *known(similar="9"))),
    "no_reply_possible": Pair(known(can_reply="no"), known(can_reply="yes")),
    "asks_for_person": Pair(
        said("quiero hablar con una persona", "put me through to a human"),
        said("qué persona más amable la de la tienda", "hay alguien ahí?", "the manager was lovely"),
    ),
    "bashing_place": Pair(known(place="hostile"), known(place="forum")),
    "danger_hint": Pair(
        (*said("el pollo estaba verde", "the cable gets red hot"), *known(minor="yes")),
        said("me muero por probarlo", "killer deal", "matan el hambre", "bomba de sabor", "puro fuego 🔥"),
    ),
    "threat_words": Pair(
        said("i'll put him in hospital", "lo voy a mandar al hospital"),
        said("your burger put him in hospital", "os voy a matar a besos", "gonna kill you with kindness"),
    ),
    "injury_words": Pair(
        said("your burger put him in hospital"), said("put him in charge", "bedbugs? never saw one here")
    ),
    "legal_words": Pair(
        said("my lawyer will call you", "ya hablé con mi abogada", "esto es un delito", "this is illegal"),
        said(
            "my lawyer friend loves it", "mi amiga abogada ama vuestros bolsos", "my wallet is suing you",
            "es un delito lo bueno que está este flan", "trabajo en un juzgado y os adoro",
        ),
    ),
    "lead": Pair(
        said("precio porfa", "me interesa", "price?", "dónde puedo comprar uno", "how much is it"),
        said("buen precio, buena gente", "me interesa mucho vuestra historia", "great price, thanks",
             "can't believe the price", "os escribí a ventas@bruma.example para daros las gracias"),
    ),
    "asks_something": Pair(said("abrís hoy?", "donde estáis"), said("no pregunto nada")),
    "wish": Pair(said("ojalá lo hagáis en azul", "wish it came in blue"), said("lo hacéis en azul, genial")),
    "wish_meant": Pair(said("qué ricos, molaría en azul", "lovely, could do with a lid"), said("qué ricos, mola el azul", "lovely, what a lid")),
    "only_a_mention": Pair((*said("@ana mira"), *known(age_days="120")), (*said("@ana mira qué ricos"), *known(age_days="12"))),
    "worth_sharing": Pair(
        (Comment(text="ricos", author=Author(followers=1000)), *said("x" * 180)),
        (Comment(text="ricos", author=Author(followers=999)), *said("x" * 179)),
    ),
    "can_add_value": Pair((*said("x" * 80), Comment(text="gracias", thread=OURS)), (*said("x" * 79), Comment(text="gracias", thread=THEIRS))),
    "refused_help": Pair(
        (*known(refused_help="yes"), Comment(text="no quiero vuestra ayuda", thread=OURS)),
        (*known(refused_help="no"), Comment(text="no quiero vuestra ayuda", thread=THEIRS)),
    ),
    "already_solved": Pair(known(case="solved"), known(case="open")),
    "being_fixed": Pair(known(known_issue="login"), known(known_issue="no")),
    "wide_reach": Pair((*known(shares="300"), *known(similar="5")), (*known(shares="30"), *known(similar="4"))),
    "repeated_complaint": Pair((*known(case="open"), *said("tercera vez que os escribo")), known(case="solved")),
    "fault_elsewhere": Pair(known(fault="other"), known(fault="ours")),
    "late_desk": Pair(known(desk="late"), known(desk="open")),
    "verifiable_details": Pair(
        said(
            "me cobraron 47,90", "50 min al teléfono", "2 horas y 40 en la cola", "desde las 8 sin luz",
            "stuck here since 9", "closed at 5pm", "pedido 48213", "40 € de más",
        ),
        said("más falso que un billete de 3 pesos", "as real as a 3 dollar bill", "una de cal y otra de arena", "5 estrellas no, 0"),
    ),
    "real_customer": Pair(
        (Comment(text="inútiles", author=Author(customer=True)), *said("pedido 48213", "40 € de más")),
        said("inútiles", "más falsos que un billete de 3 pesos"),
    ),
    "breaks_rules": Pair(said("hijos de puta"), said("hijos de su madre, qué arte tenéis")),
    "reminded_before": Pair(
        (*known(warned="yes"), Comment(text="ya", thread=(Turn(text="Os pedimos respeto", kind="agent"),))),
        (*known(warned="no"), Comment(text="ya", thread=(Turn(text="Un respeto", kind="customer"),))),
    ),
    "in_our_space": Pair((*known(page="own"), Comment(text="ya", thread=OURS)), known(page="other")),
    "defended": Pair(known(defended="yes"), known(defended="no")),
    "expert_author": Pair(said("soy química", "as a doctor"), said("soy química pura con este perfume y tú", "a doctor told me")[1:]),
    "elsewhere": Pair(known(page="other"), known(page="own")),
    "mixed": Pair(said("bonito pero roto", "lovely but late"), said("bonito y barato")),
}  # fmt: skip


def judged(rule: str, name: str) -> list[bool]:
    """What `rule` says of everything that is known of the question `name`, wrong ones as False."""
    pairs = GATES.get(name, ())
    yes = [*(Comment(text=text) for text, _ in pairs), *(PAIRS[name].yes if name in PAIRS else ())]
    no = [*(Comment(text=text) for _, text in pairs), *(PAIRS[name].no if name in PAIRS else ())]
    program = compile_rule(rule)
    return [*(program(comment) for comment in yes), *(not program(comment) for comment in no)]


RULES = {
    name: question.rule
    for name, question in PROTOCOL.questions.items()
    if question.rule and not question.same_as
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_tells_a_yes_from_a_near_miss(name: str) -> None:
    assert name in PAIRS or name in GATES
    assert all(judged(RULES[name], name))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("mutant", ["false", "true", "!({})"])
def test_an_emptied_or_inverted_rule_is_noticed(name: str, mutant: str) -> None:
    assert not all(judged(mutant.format(RULES[name]), name))
