"""A protocol small enough to read, a brand, and a Drafter on a model that says what it is told."""

import json
from datetime import date

from aplomo import Comment, Drafter, ScriptedModel
from aplomo.brand.model import Brand, Fact
from aplomo.llm.scripted import Step
from aplomo.protocol.load import loads

SMALL = """
id: small
languages: [es, en]
elements:
  thanks:
    es: {means: gracias, phrases: ["gracias"]}
    en: {means: thanks, phrases: ["thank*"]}
questions:
  link:
    text: {es: ¿Trae un enlace?, en: Does it carry a link?}
    rule: text.contains("http")
    yes: hide
    no: positive
  positive:
    text: {es: ¿Es un elogio?, en: Is it praise?}
    yes: thank
    no: failed
  failed:
    text: {es: ¿Le fallamos?, en: Did we fail them?}
    yes: worth
    no: listen
  worth:
    text: {es: ¿Compensamos?, en: Do we compensate?}
    ask: [human]
    yes: thank
    no: listen
outcomes:
  hide: {action: moderate, department: community}
  listen: {action: no_reply}
  thank:
    action: reply
    department: community
    goal: {es: agradecer, en: say thanks}
    must: [thanks]
    template: {es: "¡Muchas gracias por escribirnos!", en: "Thank you so much for writing to us!"}
"""
PROTOCOL = loads(SMALL)
BRAND = Brand(
    id="b",
    name="Bruma",
    languages=("es", "en"),
    tone={"es": "cercano", "en": "warm"},
    contact={"es": "mensaje privado", "en": "direct message"},
)
GOOD = "Muchas gracias, nos alegra leer cosas así."
PRAISE = Comment(text="Me encanta vuestro café, el mejor del barrio", lang="es")


def said(positive: str, failed: str = "no", /, **quotes: str) -> str:
    return json.dumps({"positive": positive, "failed": failed, "quotes": quotes})


def reply(text: str) -> str:
    return json.dumps({"reply": text})


def drafter(*steps: Step, **parts: object) -> tuple[Drafter, ScriptedModel]:
    model = ScriptedModel(steps)
    facts: dict[str, Fact] = {}
    given = {"protocol": PROTOCOL, "brand": BRAND, "facts": facts, "model": model} | parts
    made = Drafter(**given, today=lambda: date(2026, 1, 1))  # type: ignore[arg-type]
    return made, model
