"""The checks on what a protocol says: its languages, rules and examples, what outcomes need."""

import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence

from aplomo.document import Location, did_you_mean
from aplomo.errors import RuleError
from aplomo.protocol.model import HUMAN_REVIEW, Texts
from aplomo.protocol.rule import compile_rule
from aplomo.protocol.shape import OutcomeShape
from aplomo.protocol.sketch import Flaw, Sketch

__all__ = ["CONTENT_CHECKS", "evidence_of"]

_VARIABLES = ("brand", "contact", "fact")
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "reply": ("department", "goal", "template"),
    "no_reply": (),
    "moderate": ("department",),
    "escalate": ("department",),
}
_TAKEN = ("quotes", "fact")  # what stands in the model's answer beside the questions
_OF_REPLIES = ("must", "never", "facts", "private", "template", "private_template")
_NEVER_USED: Mapping[str, tuple[str, ...]] = {
    "reply": (),
    "no_reply": ("goal", *_OF_REPLIES),
    "moderate": _OF_REPLIES,
    "escalate": _OF_REPLIES,
}


def languages(sketch: Sketch) -> Iterator[Flaw]:
    """Every text is written in every language of the protocol, and in no other."""
    for lang in _repeated(sketch.languages):
        yield Flaw(("languages",), f"languages names '{lang}' twice")
    if not sketch.languages:
        return
    for location, texts in _all_texts(sketch):
        dotted = ".".join(map(str, location))
        for lang in sketch.languages:
            if lang not in texts:
                yield Flaw(location, f"{dotted} has no '{lang}'")
        yield from _unlisted(sketch, location, texts)
    for name, question in sketch.questions.items():
        for side, examples in (("yes", question.examples.yes), ("no", question.examples.no)):
            yield from _unlisted(sketch, ("questions", name, "examples", side), examples)


def _all_texts(sketch: Sketch) -> Iterator[tuple[Location, Mapping[str, object]]]:
    """Every group of texts that is written; the ones that must be are looked for elsewhere."""
    if sketch.title:
        yield ("title",), sketch.title
    for name, element in sketch.elements.items():
        yield ("elements", name), element
    for name, question in sketch.questions.items():
        if question.text:
            yield ("questions", name, "text"), question.text
    for name, outcome in sketch.outcomes.items():
        for field in ("title", "goal", "template", "private_template"):
            if texts := getattr(outcome, field):
                yield ("outcomes", name, field), texts


def _unlisted(sketch: Sketch, location: Location, texts: Mapping[str, object]) -> Iterator[Flaw]:
    dotted = ".".join(map(str, location))
    for lang in texts:
        if lang not in sketch.languages:
            yield Flaw((*location, lang), f"{dotted} has '{lang}', which languages does not list")


def ladders(sketch: Sketch) -> Iterator[Flaw]:
    """Who may answer is named once; a rule is asked where one is written, and only there."""
    for name, question in sketch.questions.items():
        at = ("questions", name)
        dotted = f"questions.{name}"
        for answerer in _repeated(question.ask):
            yield Flaw((*at, "ask"), f"{dotted}.ask names '{answerer}' twice")
        if "rule" in question.ask and not question.rule:
            yield Flaw((*at, "ask"), f"{dotted}.ask names 'rule', but no rule is written")
        if question.rule and question.ask and "rule" not in question.ask:
            yield Flaw((*at, "rule"), f"{dotted}.rule is never asked: ask does not name 'rule'")
        if question.ask == ["probe"]:
            hint = "name who answers where no probe is fitted, after it"
            yield Flaw((*at, "ask"), f"{dotted}.ask names nobody but a probe", hint)
        asked = question.ask or ["rule" if question.rule else "model"]
        if not question.text and asked != ["rule"] and not question.same_as:
            message = f"{dotted}.text is missing: a model or a person is asked this question"
            yield Flaw((*at, "text"), message)


def labels(sketch: Sketch) -> Iterator[Flaw]:
    """The model can tell any two questions apart by what they are called."""
    called: dict[str, str] = {}
    for name, question in sketch.questions.items():
        label = question.label or name
        if label in called:
            message = f"questions.{name} is called '{label}', as questions.{called[label]} is"
            yield Flaw(("questions", name, "label"), message)
        called.setdefault(label, name)
        if "model" in (question.ask or ["model"]) and label in _TAKEN:
            message = f"questions.{name} is called '{label}', as a part of the model's answer is"
            yield Flaw(("questions", name, "label"), message, "give it another label")


def rules(sketch: Sketch) -> Iterator[Flaw]:
    """Every rule compiles."""
    for name, question in sketch.questions.items():
        if question.rule:
            try:
                compile_rule(question.rule)
            except RuleError as error:
                location = ("questions", name, "rule")
                yield Flaw(location, f"questions.{name}.rule: {error.message}", error.hint)


def examples(sketch: Sketch) -> Iterator[Flaw]:
    """Evidence is marked well, and no comment is an example of both yes and no."""
    for name, question in sketch.questions.items():
        yes_texts: set[str] = set()
        for side, by_lang in (("yes", question.examples.yes), ("no", question.examples.no)):
            for location, text in _examples(("questions", name, "examples", side), by_lang):
                dotted = f"questions.{name}.examples.{side}"
                try:
                    plain = evidence_of(text)[0].casefold()
                except ValueError as error:
                    yield Flaw(location, f"{dotted}: {error}")
                    continue
                if side == "yes":
                    yes_texts.add(plain)
                elif plain in yes_texts:
                    yield Flaw(location, f"{dotted}: the same text is an example of yes")


def _examples(at: Location, texts: Mapping[str, list[str]]) -> Iterator[tuple[Location, str]]:
    for lang, items in texts.items():
        for index, text in enumerate(items):
            yield (*at, lang, index), text


def evidence_of(text: str) -> tuple[str, str | None]:
    """An example without its [[mark]], and what was marked; ValueError when marked badly."""
    parts = re.split(r"(\[\[|\]\])", text)
    marks = parts[1::2]
    if not marks:
        return text, None
    if marks != ["[[", "]]"]:
        several = marks[:4] == ["[[", "]]", "[[", "]]"]
        raise ValueError(
            "evidence is marked more than once"
            if several
            else "the evidence mark is not one pair of [[ ]]"
        )
    before, evidence, after = parts[::2]
    if not evidence.strip():
        raise ValueError("the evidence mark [[ ]] is empty")
    return before + evidence + after, evidence.strip()


def needs(sketch: Sketch) -> Iterator[Flaw]:
    """Every outcome has what its action needs."""
    for name, outcome in sketch.outcomes.items():
        action = outcome.action
        for field in _NEEDS[action]:
            if not getattr(outcome, field):
                message = f"outcomes.{name}: action {action} needs {field}"
                yield Flaw(("outcomes", name, field), message)
        if action == "reply" and outcome.private and not outcome.private_template:
            message = f"outcomes.{name}: private is true, so it needs private_template"
            yield Flaw(("outcomes", name, "private_template"), message)
        if action == "escalate" and outcome.level == "none":
            message = f"outcomes.{name}: action escalate needs a level, L1 to L3"
            yield Flaw(("outcomes", name, "level"), message)
        if name == HUMAN_REVIEW and action != "escalate":
            message = f"outcomes.{name}.action must be escalate: unsure goes to a person"
            yield Flaw(("outcomes", name, "action"), message)


def unused(sketch: Sketch) -> Iterator[Flaw]:
    """No outcome holds what its action would never use."""
    for name, outcome in sketch.outcomes.items():
        action = outcome.action
        for field in _NEVER_USED[action]:
            if getattr(outcome, field) != OutcomeShape.model_fields[field].default:
                message = f"outcomes.{name}.{field}: action {action} writes no reply"
                yield Flaw(("outcomes", name, field), message)
        if action == "reply" and outcome.private_template and not outcome.private:
            message = f"outcomes.{name}.private_template is never used: private is not true"
            yield Flaw(("outcomes", name, "private_template"), message)


def elements(sketch: Sketch) -> Iterator[Flaw]:
    """What replies must and must never contain is defined, and not both at once."""
    for name, outcome in sketch.outcomes.items():
        for field in ("must", "never"):
            used: list[str] = getattr(outcome, field)
            for index, element in enumerate(used):
                if element not in sketch.elements:
                    message = f"outcomes.{name}.{field} names unknown element '{element}'"
                    hint = did_you_mean(element, sketch.elements)
                    yield Flaw(("outcomes", name, field, index), message, hint)
            for element in _repeated(used):
                message = f"outcomes.{name}.{field} names '{element}' twice"
                yield Flaw(("outcomes", name, field), message)
        for element in sorted(set(outcome.must) & set(outcome.never)):
            message = f"outcomes.{name} must and must never contain '{element}'"
            yield Flaw(("outcomes", name, "never"), message)


def templates(sketch: Sketch) -> Iterator[Flaw]:
    """Templates use the variables there are, and a fact only where facts may be cited."""
    for name, outcome in sketch.outcomes.items():
        for field in ("template", "private_template"):
            texts: Texts = getattr(outcome, field)
            for lang, text in texts.items():
                dotted = f"outcomes.{name}.{field}.{lang}"
                # The private text goes out whether a fact is found or not.
                uses = ("required",) if field == "private_template" else ("optional", "required")
                for message, hint in _template_flaws(text, outcome.facts, uses):
                    yield Flaw(("outcomes", name, field, lang), f"{dotted}: {message}", hint)


def _template_flaws(text: str, facts: str, uses: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        yield "a brace { or } without its pair", None
        return
    for _, name, form, conversion in parts:
        if name is None:
            continue
        variable = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        if variable not in _VARIABLES:
            hint = did_you_mean(variable, _VARIABLES) or "there are {brand}, {contact} and {fact}"
            yield f"unknown variable {{{variable}}}", hint
        elif variable == "fact" and facts not in uses:
            yield f"{{fact}} needs facts: {' or '.join(uses)}", None


def _repeated(items: Sequence[str]) -> list[str]:
    return sorted({item for item in items if items.count(item) > 1})


CONTENT_CHECKS: tuple[Callable[[Sketch], Iterator[Flaw]], ...] = (
    languages,
    ladders,
    labels,
    rules,
    examples,
    needs,
    unused,
    elements,
    templates,
)
