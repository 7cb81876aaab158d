"""A protocol drawn for people: an indented tree, or a Mermaid flowchart."""

from collections import deque
from collections.abc import Iterator

from aplomo.protocol.model import HUMAN_REVIEW, Outcome, Protocol, Question, Verdict, in_language

__all__ = ["as_mermaid", "as_text"]

_VERDICTS: tuple[Verdict, ...] = ("yes", "no", "unsure")
# A tree deeper than this is continued below, at the margin: it stays readable, and small.
_DEEPEST = 12


def as_text(protocol: Protocol, lang: str | None = None) -> str:
    """The protocol as an indented tree, in `lang` or else in its first language.

    What was already shown is named, not repeated; `unsure` is shown where it does not lead to
    human review.
    """
    lang = lang or protocol.languages[0]
    title = in_language(protocol.title, lang)
    heading = f"{protocol.id} {protocol.version}" + (f": {title}" if title else "")
    note = f"(unsure leads to {HUMAN_REVIEW} where nothing else is shown)"
    roots = deque([protocol.start])
    shown = {protocol.start}
    lines: list[str] = []
    while roots:
        root = roots.popleft()
        lines += ["", _question(protocol.questions[root], lang)]
        lines += _below(protocol, root, lang, shown, roots)
    return "\n".join([heading, note, *lines, ""])


def _below(
    protocol: Protocol, root: str, lang: str, shown: set[str], roots: deque[str]
) -> Iterator[str]:
    """The lines under one question; the questions too deep to show here are added to `roots`."""
    waiting = _branches(protocol.questions[root], "")
    while waiting:
        verdict, node, indent, last = waiting.pop()
        lead = f"{indent}{'└' if last else '├'}─ {verdict}: "
        question = protocol.questions.get(node)
        if node in shown:
            yield f"{lead}{node} (shown above)" if question else f"{lead}{node}"
            continue
        shown.add(node)
        deeper = indent + ("   " if last else "│  ")
        if question is None:
            yield lead + _outcome(protocol.outcomes[node], lang)
        elif len(deeper) > 3 * _DEEPEST:
            roots.append(node)
            yield f"{lead}{node} (continued below)"
        else:
            yield lead + _question(question, lang)
            waiting += _branches(question, deeper)


def _branches(question: Question, indent: str) -> list[tuple[Verdict, str, str, bool]]:
    """The branches to show under a question, the first of them at the end, to be popped first."""
    shown: list[Verdict] = [
        v for v in _VERDICTS if v != "unsure" or question.unsure != HUMAN_REVIEW
    ]
    return [(v, question.target(v), indent, v == shown[-1]) for v in reversed(shown)]


def _question(question: Question, lang: str) -> str:
    text = " ".join(in_language(question.text, lang).split())
    asked = " then ".join(question.ask)
    rule = f": {' '.join(question.rule.split())}" if question.rule else ""
    return f"{question.id}" + (f" · {text}" if text else "") + f" [{asked}{rule}]"


def _outcome(outcome: Outcome, lang: str) -> str:
    private = "with a private follow-up" if outcome.private else ""
    level = "" if outcome.level == "none" else outcome.level
    parts = [outcome.action, private, outcome.department, level, outcome.deadline]
    title = in_language(outcome.title, lang)
    name = outcome.id + (f" · {title}" if title else "")
    return f"{name} ({', '.join(part for part in parts if part)})"


def as_mermaid(protocol: Protocol, lang: str | None = None) -> str:
    """The protocol as a Mermaid flowchart, in `lang` or else in its first language."""
    lang = lang or protocol.languages[0]
    lines = ["flowchart TD"]
    for question in protocol.questions.values():
        label = _escaped(in_language(question.text, lang) or question.id)
        lines.append(f'  q_{question.id}{{"{label}"}}')
    for outcome in protocol.outcomes.values():
        label = _escaped(in_language(outcome.title, lang) or outcome.id)
        lines.append(f'  o_{outcome.id}(["{label}<br/>{outcome.action}"])')
    for question in protocol.questions.values():
        for verdict in _VERDICTS:
            node = question.target(verdict)
            kind = "q" if node in protocol.questions else "o"
            line = "-.->" if verdict == "unsure" else "-->"
            lines.append(f"  q_{question.id} {line}|{verdict}| {kind}_{node}")
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    """`text` inside a quoted Mermaid label: nothing in it ends the label or becomes markup."""
    plain = " ".join(text.split())
    return "".join(char if char not in '"#<>&`\\;' else f"#{ord(char)};" for char in plain)
