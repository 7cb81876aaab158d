"""The protocol in words, for peers that are told it and not held to it."""

import json
from collections.abc import Iterator
from typing import Any

Plain = dict[str, Any]
LANGUAGES = {"es": "Spanish", "en": "English"}
ACTIONS = {
    "reply": "write a public reply",
    "no_reply": "stay silent, write no reply",
    "moderate": "a moderator acts, write no reply",
    "escalate": "hand it to a person, write no reply",
}


def whole_protocol(brief: Plain) -> str:
    """Every question with where its answers lead, and every outcome with what it asks for."""
    questions = brief["questions"]
    lines = [f"Start at {brief['start']}. Questions:"]
    lines += [
        f"- {id_}: {q['text']['en']} yes → {q['yes']}; no → {q['no']}"
        for id_, q in questions.items()
    ]
    lines.append("Outcomes:")
    lines += [f"- {id_}: {described(outcome)}" for id_, outcome in brief["outcomes"].items()]
    return "\n".join(lines)


def described(outcome: Plain, lang: str = "en") -> str:
    """One outcome: its title, what to do, and for a reply its goal and what it may not miss."""
    title = outcome["title"].get(lang) or outcome["title"].get("en", "")
    parts = [f"{title} ({ACTIONS[outcome['action']]})"]
    if outcome["action"] == "reply":
        parts.append("the reply must " + goal(outcome, lang))
        if must := outcome["must"].get(lang):
            parts.append("include: " + ", ".join(must))
        if never := outcome["never"].get(lang):
            parts.append("never: " + ", ".join(never))
    return "; ".join(parts)


def known(brief: Plain, case: Plain) -> str:
    """What rules found of the comment, for peers that have no rules of their own."""
    found = [
        brief["questions"][id_]["text"]["en"]
        for id_, answer in case["rules"].items()
        if answer == "yes"
    ]
    return "".join(f"\n(Known of this comment: {question} yes)" for question in found)


def goal(outcome: Plain, lang: str) -> str:
    """What a reply of the outcome is for."""
    return str(outcome["goal"].get(lang) or outcome["goal"].get("en", ""))


def voice(brief: Plain, lang: str) -> str:
    """How the brand writes: the instructions that Aplomo's own writer is given."""
    return str(brief["drafting"][lang][0]["content"])


def task(outcome: Plain, case: Plain) -> str:
    """A drafting task as Aplomo's own writer is given it."""
    lang = case["lang"]
    facts = "".join(f"\n- {fact}" for fact in case["facts"]) if outcome["facts"] != "none" else ""
    return "\n".join(
        [
            f"Goal: {goal(outcome, lang)}",
            f"Include: {', '.join(outcome['must'].get(lang, ())) or '-'}",
            f"Facts: {facts or '-'}",
            f"Safe wording: {outcome['wording'].get(lang) or '-'}",
            f"Comment:\n{case['shown']}",
        ]
    )


def worked(brief: Plain, lang: str) -> Iterator[Plain]:
    """Every example in `lang` as a comment and the right answer, as chat messages."""
    for example in brief["examples"]:
        if example["lang"] == lang:
            answer = {"outcome": example["outcome"], "reply": example["reply"]}
            yield {"role": "user", "content": example["shown"]}
            yield {"role": "assistant", "content": json.dumps(answer, ensure_ascii=False)}
