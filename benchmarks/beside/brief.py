"""What every peer is told: one protocol, one brand and one comment, as plain data.

Nobody is told less than Aplomo is. The protocol's worked examples come with the outcome that the
protocol itself gives them, what rules can tell of a comment is told to all, and the replies that
show the brand's voice are the brand's own.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from aplomo.answer.rule import by_rule
from aplomo.brand.channel import channel_for
from aplomo.comment import Comment
from aplomo.conversation import shown
from aplomo.prompt import fence
from aplomo.protocol.model import Outcome, Protocol, Question, Verdict, in_language
from aplomo.writer import Writer
from benchmarks.beside.ground import Ground
from benchmarks.beside.worked import worked_examples

Plain = dict[str, Any]


def brief(ground: Ground) -> Plain:
    """The protocol and the brand, the same for every comment."""
    protocol = ground.protocol
    return {
        "protocol": protocol.id,
        "brand": ground.brand.name,
        "start": protocol.start,
        "questions": {id_: _question(q) for id_, q in protocol.questions.items()},
        "outcomes": {id_: _outcome(ground, outcome) for id_, outcome in protocol.outcomes.items()},
        "drafting": {lang: _drafting(ground, lang) for lang in protocol.languages},
        "examples": list(worked_examples(ground)),
    }


def case(ground: Ground, id_: str, comment: Comment) -> Plain:
    """One comment, with what code can tell of it: the rules' answers, and the facts in question."""
    rules = {id_: by_rule(q, comment).answer for id_, q in _by_rule(ground.protocol)}
    found = ground.relevant(comment, _with_facts(ground.protocol))
    lang = comment.lang or "en"
    return {
        "id": id_,
        "text": comment.text,
        "shown": shown(comment).text,
        "lang": lang,
        "channel": comment.channel,
        "comment": comment.to_dict(),
        "rules": rules,
        "facts": [in_language(fact.statement, lang) for fact in found],
    }


def _by_rule(protocol: Protocol) -> Iterator[tuple[str, Question]]:
    return ((id_, q) for id_, q in protocol.questions.items() if q.rule is not None)


def _with_facts(protocol: Protocol) -> Outcome:
    """An outcome that may state facts, or any."""
    outcomes = protocol.outcomes.values()
    return next((o for o in outcomes if o.facts != "none"), next(iter(outcomes)))


def _question(question: Question) -> Plain:
    return {
        "text": dict(question.text),
        "ask": list(question.ask),
        "yes": question.yes,
        "no": question.no,
        "unsure": question.unsure,
        "same_as": question.same_as,
        "examples": {
            "yes": [fence(e.text) for e in question.yes_examples],
            "no": [fence(e.text) for e in question.no_examples],
        },
    }


def _outcome(ground: Ground, outcome: Outcome) -> Plain:
    elements = ground.protocol.elements
    languages = ground.protocol.languages
    return {
        "action": outcome.action,
        "title": dict(outcome.title),
        "goal": dict(outcome.goal),
        "facts": outcome.facts,
        "must": {
            lang: [in_language(elements[name].means, lang) for name in outcome.must]
            for lang in languages
        },
        "never": {
            lang: [in_language(elements[name].means, lang) for name in outcome.never]
            for lang in languages
        },
        "wording": {lang: ground.wording(outcome, lang) for lang in languages},
        "ways": _reasons(ground.protocol, outcome.id),
    }


def _drafting(ground: Ground, lang: str) -> list[Plain]:
    """The messages that every drafting call of Aplomo begins with: voice, rules, exemplars."""
    writer = Writer(
        prompts=ground.prompts,
        brand=ground.brand,
        channel=channel_for(ground.brand, "generic"),
        outcome=next(o for o in ground.protocol.outcomes.values() if o.action == "reply"),
        outcomes=ground.protocol.outcomes,
        elements=ground.protocol.elements,
        lang=lang,
        facts=(),
        known=ground.facts,
    )
    request = writer.request(Comment(text="-", lang=lang))
    return [{"role": m.role, "content": m.content} for m in request.messages[: request.prefix]]


MOST_REASONS = 3
"""Ways to an outcome that its description names; the shortest."""


def _reasons(protocol: Protocol, outcome: str) -> list[list[list[str]]]:
    """When an outcome is due: the questions whose yes, or last no, lead to it."""
    ways: list[list[tuple[str, Verdict]]] = []
    frontier: list[tuple[str, list[tuple[str, Verdict]]]] = [(protocol.start, [])]
    seen: set[tuple[str, int]] = set()
    while frontier and len(ways) < MOST_REASONS:
        node, way = frontier.pop(0)
        yeses = sum(verdict == "yes" for _, verdict in way)
        if node == outcome and not any(_yeses(way) >= _yeses(shorter) for shorter in ways):
            ways.append(way)
        if node not in protocol.questions or (node, yeses) in seen:
            continue
        seen.add((node, yeses))
        question = protocol.questions[node]
        frontier += [(question.no, [*way, (node, "no")]), (question.yes, [*way, (node, "yes")])]
        frontier.sort(key=lambda each: sum(verdict == "yes" for _, verdict in each[1]))
    return [_decisive(way) for way in ways]


def _yeses(way: Sequence[tuple[str, Verdict]]) -> set[str]:
    return {node for node, verdict in way if verdict == "yes"}


def _decisive(way: Sequence[tuple[str, Verdict]]) -> list[list[str]]:
    kept = [each for each in way if each[1] == "yes" or each is way[-1]]
    return [[node, verdict] for node, verdict in kept]
