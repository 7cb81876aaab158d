"""Every kind of wrongness, one tiny edit each, with the exact problems an author sees."""

import pytest
from inline_snapshot import snapshot

from aplomo.errors import DocumentError
from aplomo.protocol.load import loads

GOOD = """\
id: tiny
languages: [es, en]
elements:
  thanks:
    es: {means: las gracias, phrases: [gracias]}
    en: {means: thanks, phrases: [thank*]}
questions:
  kind:
    text: {es: ¿Amable?, en: Kind?}
    examples:
      yes: {es: ["[[Gracias]] a todos"]}
      no: {en: [Where is it?]}
    yes: thank
    no: angry
  angry:
    text: {es: ¿Enfadado?, en: Angry?}
    rule: text.contains("!")
    yes: calm
    no: listen
outcomes:
  thank:
    action: reply
    department: community
    deadline: PT4H
    goal: {es: agradecer, en: give thanks}
    must: [thanks]
    template: {es: ¡Gracias!, en: Thank you!}
  calm: {action: escalate, department: care, level: L1}
  listen: {action: no_reply}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        loads(text, name="p.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_the_base_of_the_table_is_good() -> None:
    assert loads(GOOD).id == "tiny"


WRONG = [
    # where answers lead
    pytest.param("yes: calm", "yes: clam", snapshot(["p.yaml:18: questions.angry.yes leads to unknown 'clam' (did you mean 'calm'?)"]), id="unknown target, near"),
    pytest.param("yes: calm", "yes: zzz", snapshot(["p.yaml:18: questions.angry.yes leads to unknown 'zzz'", "p.yaml:28: outcome 'calm' is never reached from the start"]), id="unknown target, far"),
    pytest.param("no: listen", "no: kind", snapshot(['p.yaml:19: cycle: kind -> angry -> kind', "p.yaml:29: outcome 'listen' is never reached from the start"]), id="cycle"),
    pytest.param("no: listen", "no: angry", snapshot(['p.yaml:19: cycle: angry -> angry', "p.yaml:29: outcome 'listen' is never reached from the start"]), id="self loop"),
    pytest.param("yes: calm\n    no: listen", "yes: angry\n    no: kind\n    unsure: kind", snapshot(['p.yaml:18: cycle: angry -> angry', 'p.yaml:19: cycle: kind -> angry -> kind', 'p.yaml:20: cycle: kind -> angry -> kind', "p.yaml:29: outcome 'calm' is never reached from the start", "p.yaml:30: outcome 'listen' is never reached from the start"]), id="no way out"),
    pytest.param("no: angry", "no: listen", snapshot(["p.yaml:15: question 'angry' is never reached from the start", "p.yaml:28: outcome 'calm' is never reached from the start"]), id="unreachable question"),
    pytest.param("yes: calm", "yes: listen", snapshot(["p.yaml:28: outcome 'calm' is never reached from the start"]), id="unreachable outcome"),
    pytest.param("    no: angry\n", "", snapshot(['p.yaml:8: questions.kind.no is missing', "p.yaml:14: question 'angry' is never reached from the start", "p.yaml:27: outcome 'calm' is never reached from the start", "p.yaml:28: outcome 'listen' is never reached from the start"]), id="missing branch"),
    pytest.param("questions:", "start: knid\nquestions:", snapshot(["p.yaml:7: start names an unknown question 'knid' (did you mean 'kind'?)"]), id="unknown start"),
    pytest.param("questions:", "start: thank\nquestions:", snapshot(["p.yaml:7: start 'thank' is an outcome; it must be a question"]), id="start is an outcome"),
    pytest.param("  listen:", "  kind: {action: no_reply}\n  listen:", snapshot(["p.yaml:29: duplicate id 'kind': a question and an outcome"]), id="id twice"),
    pytest.param("  angry:", "  human_review:", snapshot(["p.yaml:14: questions.kind.no leads to unknown 'angry'", "p.yaml:15: 'human_review' is always an outcome, never a question", 'p.yaml:15: cycle: human_review -> human_review']), id="reserved id"),
    pytest.param("  listen:", "  thank: {action: no_reply}\n  listen:", snapshot(["p.yaml:29: duplicate id or key 'thank' (first written in line 21)"]), id="key twice"),
    pytest.param("  listen: ", "  Listen: ", snapshot(["p.yaml:19: questions.angry.no leads to unknown 'listen' (did you mean 'Listen'?)", "p.yaml:29: 'Listen' is not an id: write lower-case letters, digits and _"]), id="bad outcome id"),
    pytest.param("id: tiny", "id: Tiny one", snapshot(["p.yaml:1: id should match pattern '^[a-z][a-z0-9_-]*$'"]), id="bad protocol id"),
    # shape
    pytest.param("    text: {es: ¿Amable?", "    txt: 1\n    text: {es: ¿Amable?", snapshot(["p.yaml:9: questions.kind.txt is not a known key (did you mean 'text'?)"]), id="unknown key"),
    pytest.param("phrases: [gracias]", "phrase: [gracias]", snapshot(["p.yaml:5: elements.thanks.es.phrase is not a known key (did you mean 'phrases'?)", 'p.yaml:5: elements.thanks.es.phrases is missing']), id="unknown element key"),
    pytest.param("id: tiny", "idd: tiny", snapshot(['p.yaml:1: id is missing', "p.yaml:1: idd is not a known key (did you mean 'id'?)"]), id="unknown top key"),
    pytest.param("id: tiny", "id: tiny\nversion: 1.0", snapshot(['p.yaml:2: version should be text (write it in quotes)']), id="number for text"),
    pytest.param("id: tiny", "id: tiny\nformat: aplomo.protocol/2", snapshot(["p.yaml:2: format should be 'aplomo.protocol/1'"]), id="other format"),
    pytest.param("yes: thank", "yes:", snapshot(['p.yaml:13: questions.kind.yes is empty', "p.yaml:21: outcome 'thank' is never reached from the start"]), id="empty branch"),
    pytest.param("yes: thank", "yes: [thank]", snapshot(['p.yaml:13: questions.kind.yes should be text', "p.yaml:21: outcome 'thank' is never reached from the start"]), id="branch of the wrong shape"),
    pytest.param("yes: calm", "yes: calm\n    round: 0", snapshot(['p.yaml:19: questions.angry.round should be greater than or equal to 1']), id="round 0"),
    pytest.param("action: no_reply", "action: noreply", snapshot(["p.yaml:29: outcomes.listen.action should be 'reply', 'no_reply', 'moderate' or 'escalate' (did you mean 'no_reply'?)"]), id="unknown action"),
    pytest.param("level: L1", "level: L9", snapshot(["p.yaml:28: outcomes.calm.level should be 'none', 'L1', 'L2' or 'L3'"]), id="unknown level"),
    pytest.param("PT4H", "4 hours", snapshot(["p.yaml:24: outcomes.thank.deadline: '4 hours' is not an ISO 8601 duration such as PT4H or P1D"]), id="no duration"),
    pytest.param("PT4H", "PT0S", snapshot(['p.yaml:24: outcomes.thank.deadline: a deadline of no time cannot be met']), id="no time"),
    pytest.param("{action: no_reply}", "silence", snapshot(['p.yaml:29: outcomes.listen should be a mapping']), id="outcome is a word"),
    # languages
    pytest.param("{es: ¿Amable?, en: Kind?}", "{es: ¿Amable?}", snapshot(["p.yaml:9: questions.kind.text has no 'en'"]), id="question misses en"),
    pytest.param("{es: ¿Amable?, en: Kind?}", "{es: ¿Amable?, en: ' '}", snapshot(['p.yaml:9: questions.kind.text.en is empty']), id="blank text"),
    pytest.param("{es: ¿Amable?, en: Kind?}", "{es: ¿Amable?, en: }", snapshot(['p.yaml:9: questions.kind.text.en is empty']), id="null text"),
    pytest.param("en: Kind?}", "en: Kind?, fr: Gentil?}", snapshot(["p.yaml:9: questions.kind.text has 'fr', which languages does not list"]), id="language not listed"),
    pytest.param("    text: {es: ¿Amable?, en: Kind?}\n", "", snapshot(['p.yaml:8: questions.kind.text is missing: a model or a person is asked this question']), id="no text"),
    pytest.param("    en: {means: thanks, phrases: [thank*]}\n", "", snapshot(["p.yaml:4: elements.thanks has no 'en'"]), id="element misses en"),
    pytest.param("en: give thanks", "de: danken", snapshot(["p.yaml:25: outcomes.thank.goal has 'de', which languages does not list", "p.yaml:25: outcomes.thank.goal has no 'en'"]), id="goal in the wrong language"),
    pytest.param("[es, en]", "[es, en, es]", snapshot(["p.yaml:2: languages names 'es' twice"]), id="language twice"),
    pytest.param("[es, en]", "[]", snapshot(['p.yaml:2: languages is empty']), id="no languages"),
    pytest.param("[es, en]", "spanish", snapshot(['p.yaml:2: languages should be a list']), id="languages is a word"),
    pytest.param("no: {en: [Where", "no: {fr: [Where", snapshot(["p.yaml:12: questions.kind.examples.no has 'fr', which languages does not list"]), id="example not listed"),
    # who may answer
    pytest.param('    rule: text.contains("!")', "    ask: [rule, model]", snapshot(["p.yaml:17: questions.angry.ask names 'rule', but no rule is written"]), id="no rule"),
    pytest.param("    rule:", "    ask: [model]\n    rule:", snapshot(["p.yaml:18: questions.angry.rule is never asked: ask does not name 'rule'"]), id="rule never asked"),
    pytest.param("    rule:", "    ask: [rule, rule]\n    rule:", snapshot(["p.yaml:17: questions.angry.ask names 'rule' twice"]), id="asked twice"),
    pytest.param("    rule:", "    ask: [rule, robot]\n    rule:", snapshot(["p.yaml:17: questions.angry.ask.1 should be 'rule', 'probe', 'model' or 'human' (did you mean 'probe'?)"]), id="unknown answerer"),
    pytest.param('    rule: text.contains("!")', "    ask: [probe]", snapshot(["p.yaml:17: questions.angry.ask names nobody but a probe (name who answers where no probe is fitted, after it)"]), id="a probe alone"),
    pytest.param("    rule:", "    ask: []\n    rule:", snapshot(['p.yaml:17: questions.angry.ask is empty']), id="nobody asked"),
    pytest.param('text.contains("!")', 'txt.contains("!")', snapshot(["p.yaml:17: questions.angry.rule: unknown name 'txt' (column 1) (did you mean 'text'?)"]), id="unknown variable"),
    pytest.param('text.contains("!")', 'text.contains("!', snapshot(['p.yaml:17: questions.angry.rule: Syntax error: token recognition error at: \'"!\' (column 15); Syntax error: mismatched input \'<EOF>\' (column 17)']), id="rule syntax"),
    pytest.param('text.contains("!")', "text == 1", snapshot(["p.yaml:17: questions.angry.rule: found no matching overload for '==' applied to '(string, int)' (column 6)"]), id="rule types"),
    pytest.param('text.contains("!")', "size(text)", snapshot(['p.yaml:17: questions.angry.rule: must be true or false, not int']), id="rule is a number"),
    pytest.param('text.contains("!")', 'text.matches("(")', snapshot(['p.yaml:17: questions.angry.rule: invalid regular expression: missing ): (, in "("']), id="broken pattern"),
    pytest.param('text.contains("!")', 'lang == "xx" && text.matches("[")', snapshot(['p.yaml:17: questions.angry.rule: invalid regular expression: missing ]: [, in "["']), id="broken pattern not reached"),
    # examples
    pytest.param("[[Gracias]] a todos", "[[Gracias a todos", snapshot(['p.yaml:11: questions.kind.examples.yes: the evidence mark is not one pair of [[ ]]']), id="mark not closed"),
    pytest.param("[[Gracias]] a todos", "]]Gracias[[ a todos", snapshot(['p.yaml:11: questions.kind.examples.yes: the evidence mark is not one pair of [[ ]]']), id="mark reversed"),
    pytest.param("[[Gracias]] a todos", "[[ ]] a todos", snapshot(['p.yaml:11: questions.kind.examples.yes: the evidence mark [[ ]] is empty']), id="mark empty"),
    pytest.param("[[Gracias]] a todos", "[[a]] [[b]]", snapshot(['p.yaml:11: questions.kind.examples.yes: evidence is marked more than once']), id="two marks"),
    pytest.param("[Where is it?]", "['gracias a [[todos]]']", snapshot(['p.yaml:12: questions.kind.examples.no: the same text is an example of yes']), id="yes and no"),
    pytest.param("[Where is it?]", "['']", snapshot(['p.yaml:12: questions.kind.examples.no.en.0 is empty']), id="empty example"),
    # what outcomes need
    pytest.param("    department: community\n", "", snapshot(['p.yaml:21: outcomes.thank: action reply needs department']), id="reply without department"),
    pytest.param("    goal: {es: agradecer, en: give thanks}\n", "", snapshot(['p.yaml:21: outcomes.thank: action reply needs goal']), id="no goal"),
    pytest.param("    template: {es: ¡Gracias!, en: Thank you!}\n", "", snapshot(['p.yaml:21: outcomes.thank: action reply needs template']), id="no template"),
    pytest.param(", en: Thank you!", "", snapshot(["p.yaml:27: outcomes.thank.template has no 'en'"]), id="template misses en"),
    pytest.param("must: [thanks]", "private: true", snapshot(['p.yaml:21: outcomes.thank: private is true, so it needs private_template']), id="no private template"),
    pytest.param("must: [thanks]", "private_template: {es: a, en: b}", snapshot(['p.yaml:26: outcomes.thank.private_template is never used: private is not true']), id="not private"),
    pytest.param("{action: no_reply}", "{action: moderate}", snapshot(['p.yaml:29: outcomes.listen: action moderate needs department']), id="moderated by nobody"),
    pytest.param(", level: L1", "", snapshot(['p.yaml:28: outcomes.calm: action escalate needs a level, L1 to L3']), id="escalated nowhere"),
    pytest.param("{action: no_reply}", "{action: no_reply, goal: {es: a, en: b}, must: [thanks]}", snapshot(['p.yaml:29: outcomes.listen.goal: action no_reply writes no reply', 'p.yaml:29: outcomes.listen.must: action no_reply writes no reply']), id="silence with a goal"),
    pytest.param("  listen:", "  human_review: {action: no_reply}\n  listen:", snapshot(['p.yaml:29: outcomes.human_review.action must be escalate: unsure goes to a person']), id="unsure is silence"),
    pytest.param("[thanks]", "[thank]", snapshot(["p.yaml:26: outcomes.thank.must names unknown element 'thank' (did you mean 'thanks'?)"]), id="unknown element"),
    pytest.param("must: [thanks]", "must: [thanks]\n    never: [thanks]", snapshot(["p.yaml:27: outcomes.thank must and must never contain 'thanks'"]), id="must and never"),
    pytest.param("[thanks]", "[thanks, thanks]", snapshot(["p.yaml:26: outcomes.thank.must names 'thanks' twice"]), id="element twice"),
    pytest.param("Thank you!", "'Hi {bran}'", snapshot(["p.yaml:27: outcomes.thank.template.en: unknown variable {bran} (did you mean 'brand'?)"]), id="unknown variable in a template"),
    pytest.param("Thank you!", "'Hi {}, {brand!r} {brand.name}'", snapshot(["p.yaml:27: outcomes.thank.template.en: unknown variable {brand!r} (did you mean 'brand'?)", "p.yaml:27: outcomes.thank.template.en: unknown variable {brand.name} (did you mean 'brand'?)", 'p.yaml:27: outcomes.thank.template.en: unknown variable {} (there are {brand}, {contact} and {fact})']), id="clever variables"),
    pytest.param("Thank you!", "'Hi {fact}'", snapshot(['p.yaml:27: outcomes.thank.template.en: {fact} needs facts: optional or required']), id="fact without facts"),
    pytest.param("must: [thanks]", "private: true\n    facts: optional\n    private_template: {es: a, en: 'see {fact}'}", snapshot(['p.yaml:28: outcomes.thank.private_template.en: {fact} needs facts: required']), id="private fact"),
    pytest.param("  kind:", "  quotes:", snapshot(["p.yaml:8: questions.quotes is called 'quotes', as a part of the model's answer is (give it another label)"]), id="a label that the answer has"),
    pytest.param("Thank you!", "'Hi {brand'", snapshot(['p.yaml:27: outcomes.thank.template.en: a brace { or } without its pair']), id="open brace"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), WRONG)
def test_each_wrongness_is_named_where_it_stands(old: str, new: str, expected: list[str]) -> None:
    assert old in GOOD
    assert problems(GOOD.replace(old, new, 1)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", snapshot(['p.yaml:1: document is empty']), id="empty"),
        pytest.param("# nothing\n", snapshot(['p.yaml:1: document is empty']), id="only a comment"),
        pytest.param("hello", snapshot(['p.yaml:1: document should be a mapping']), id="a word"),
        pytest.param("- a\n- b\n", snapshot(['p.yaml:1: document should be a mapping']), id="a list"),
        pytest.param("{}", snapshot(['p.yaml:1: id is missing', 'p.yaml:1: languages is missing', 'p.yaml:1: outcomes is missing', 'p.yaml:1: questions is missing']), id="an empty mapping"),
        pytest.param("id: [", snapshot(['p.yaml:2: not valid YAML: did not find expected node content']), id="not YAML"),
        pytest.param("id: x\nlanguages: [es]\nquestions: {}\noutcomes: {}\n", snapshot(['p.yaml:3: there is no question']), id="no question"),
        pytest.param("id: x\nlanguages: [es]\nquestions: []\noutcomes:\n", snapshot(['p.yaml:3: questions should be a mapping', 'p.yaml:4: outcomes is empty']), id="groups of the wrong shape"),
        pytest.param("id: x\nlanguages: [es]\nquestions: {a: 1, b: }\noutcomes: {c: }\n", snapshot(['p.yaml:3: questions.a should be a mapping', 'p.yaml:3: questions.b is empty', 'p.yaml:4: outcomes.c is empty']), id="pieces of the wrong shape"),
        pytest.param("id: x\nelements: {a: 1}\nlanguages: [es]\nquestions: {}\noutcomes: {}", snapshot(['p.yaml:2: elements.a should be a mapping', 'p.yaml:4: there is no question']), id="element is a number"),
    ],
)  # fmt: skip
def test_what_is_no_protocol_at_all(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_questions_that_only_lead_to_each_other() -> None:
    text = """\
id: tiny
languages: [es]
questions:
  a: {text: {es: ¿A?}, yes: b, no: b, unsure: b}
  b: {text: {es: ¿B?}, yes: a, no: a, unsure: a}
outcomes: {}
"""
    assert problems(text) == snapshot(
        [
            "p.yaml:4: no answer to 'a' ends in an outcome",
            "p.yaml:5: cycle: a -> b -> a",
            "p.yaml:5: no answer to 'b' ends in an outcome",
        ]
    )


def test_a_question_of_the_wrong_shape_hides_nothing_of_the_others() -> None:
    text = """\
id: tiny
languages: [es, en]
startt: kind
questions:
  kind:
    text: {es: ¿Amable?, en: Kind?}
    oops: 1
    rule: txt == ""
    yes: thnak
    no: angry
  angry:
    text: {es: ¿Enfadado?}
    ask: [rule]
    yes: angry
  lost:
    text: {es: a, en: b}
    yes: thank
    no: thank
  lost: {}
outcomes:
  thank: {action: reply, departmnt: x, goal: {es: a, en: b}, never: [blame]}
  mute: {action: hush}
"""
    assert problems(text) == snapshot(
        [
            "p.yaml:3: startt is not a known key (did you mean 'start'?)",
            "p.yaml:7: questions.kind.oops is not a known key",
            "p.yaml:8: questions.kind.rule: unknown name 'txt' (column 1) (did you mean 'text'?)",
            "p.yaml:9: questions.kind.yes leads to unknown 'thnak' (did you mean 'thank'?)",
            "p.yaml:11: questions.angry.no is missing",
            "p.yaml:12: questions.angry.text has no 'en'",
            "p.yaml:13: questions.angry.ask names 'rule', but no rule is written",
            "p.yaml:14: cycle: angry -> angry",
            "p.yaml:15: question 'lost' is never reached from the start",
            "p.yaml:19: duplicate id or key 'lost' (first written in line 15)",
            "p.yaml:21: outcomes.thank.departmnt is not a known key (did you mean 'department'?)",
            "p.yaml:21: outcomes.thank.never names unknown element 'blame'",
            "p.yaml:21: outcomes.thank: action reply needs department",
            "p.yaml:21: outcomes.thank: action reply needs template",
            "p.yaml:22: outcome 'mute' is never reached from the start",
            "p.yaml:22: outcomes.mute.action should be 'reply', 'no_reply', 'moderate' or 'escalate'",
        ]
    )
