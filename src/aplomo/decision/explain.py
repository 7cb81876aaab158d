"""Why a record came out as it did, in three to six readable lines, in Spanish or English."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from aplomo.protocol.model import Protocol, in_language

__all__ = ["LANGUAGES", "explain", "words"]

LANGUAGES = ("es", "en")
MOST_ANSWERS = 2
MOST_NOTES = 1
_SHORTENED = 200

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "yes": "yes", "no": "no", "unsure": "unsure",
        "rule": "rule", "model": "model", "human": "person", "template": "template",
        "pending": "Only a person can answer: {question}",
        "outcome": "So: {outcome}",
        "owner": "owner: {owner}", "deadline": "within {deadline}",
        "reply": "Written by the {origin}; {passed} of {all} checks passed",
        "failed": "not passed: {checks}",
        "facts": "facts used: {facts}",
        "silent": "No reply is written for this outcome.",
        "protocol": "Protocol: {id} {version}",
        "note": "Mind: {note}",
        "day": "{n} days", "hour": "{n} hours", "minute": "{n} minutes",
        "one day": "1 day", "one hour": "1 hour", "one minute": "1 minute",
    },
    "es": {
        "yes": "sí", "no": "no", "unsure": "no está claro",
        "rule": "regla", "model": "modelo", "human": "persona", "template": "plantilla",
        "pending": "Solo una persona puede responder: {question}",
        "outcome": "Por tanto: {outcome}",
        "owner": "responsable: {owner}", "deadline": "plazo: {deadline}",
        "reply": "Escrito por: {origin}; {passed} de {all} comprobaciones superadas",
        "failed": "sin superar: {checks}",
        "facts": "datos usados: {facts}",
        "silent": "Para este resultado no se escribe respuesta.",
        "protocol": "Protocolo: {id} {version}",
        "note": "Atención: {note}",
        "day": "{n} días", "hour": "{n} horas", "minute": "{n} minutos",
        "one day": "1 día", "one hour": "1 hora", "one minute": "1 minuto",
    },
}  # fmt: skip


def words(lang: str | None) -> Mapping[str, str]:
    """The words of `lang`, else of English."""
    return _WORDS.get(lang or "", _WORDS["en"])


def explain(
    record: Mapping[str, Any], protocol: Protocol | None, lang: str | None
) -> tuple[str, ...]:
    """Three to six lines: what was asked and answered, what follows, how the reply was made.

    `protocol` gives questions and outcomes their own words; without it, or where it no longer has
    them, their ids stand.
    """
    said = words(lang)
    lines = [*_answers(record, protocol, lang), _outcome(record, protocol, lang)]
    lines.append(_reply(record, said))
    lines += [said["note"].format(note=_short(note)) for note in record["notes"][:MOST_NOTES]]
    lines.append(said["protocol"].format(**record["protocol"]))
    return tuple(lines)


def _answers(
    record: Mapping[str, Any], protocol: Protocol | None, lang: str | None
) -> Iterator[str]:
    """The answers that decided: those that were not a plain no, else the last."""
    said = words(lang)
    answers: Mapping[str, Mapping[str, Any]] = record["answers"]
    walked = [name for name in record["path"] if name in answers]
    decisive = [name for name in walked if answers[name]["answer"] != "no"] or walked
    for name in decisive[-MOST_ANSWERS:]:
        answer = answers[name]
        by = said[answer["by"]]
        sure = f", {answer['confidence']:.0%}" if answer["confidence"] is not None else ""
        ground = f": “{_short(answer['evidence'])}”" if answer["evidence"] else ""
        yield f"{_question(name, protocol, lang)} → {said[answer['answer']]} ({by}{sure}){ground}"


def _outcome(record: Mapping[str, Any], protocol: Protocol | None, lang: str | None) -> str:
    said, outcome = words(lang), record["outcome"]
    if outcome is None:
        return said["pending"].format(question=_question(record["pending"], protocol, lang))
    known = protocol.outcomes.get(outcome["id"]) if protocol else None
    title = in_language(known.title, lang) if known else ""
    parts = [f"{title} ({outcome['id']})" if title else outcome["id"]]
    owner = " ".join(w for w in (outcome["department"], outcome["level"]) if w and w != "none")
    if owner:
        parts.append(said["owner"].format(owner=owner))
    if outcome["deadline"]:
        parts.append(said["deadline"].format(deadline=_duration(outcome["deadline"], said)))
    return said["outcome"].format(outcome=" · ".join(parts))


def _reply(record: Mapping[str, Any], said: Mapping[str, str]) -> str:
    reply = record["reply"]
    if reply is None:
        return said["silent"]
    failed = [check["check"] for check in reply["checks"] if not check["passed"]]
    passed = len(reply["checks"]) - len(failed)
    origin = said[reply["origin"]]
    line = said["reply"].format(origin=origin, passed=passed, all=len(reply["checks"]))
    if failed:
        line += " · " + said["failed"].format(checks=", ".join(failed))
    if reply["facts"]:
        line += " · " + said["facts"].format(facts=", ".join(reply["facts"]))
    return line


def _question(name: str, protocol: Protocol | None, lang: str | None) -> str:
    question = protocol.questions.get(name) if protocol else None
    return in_language(question.text, lang) if question else name


def _duration(iso: str, said: Mapping[str, str]) -> str:
    """`PT2H` as words; durations of other shapes as they stand."""
    parts: list[str] = []
    date, _, time = iso.removeprefix("P").partition("T")
    for text, units in ((date, {"D": "day"}), (time, {"H": "hour", "M": "minute"})):
        for number, unit in re.findall(r"(\d+)([A-Z])", text):
            if unit not in units:
                return iso
            name = units[unit]
            parts.append(said[f"one {name}"] if number == "1" else said[name].format(n=number))
    return " ".join(parts) or iso


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORTENED else line[: _SHORTENED - 1] + "…"
