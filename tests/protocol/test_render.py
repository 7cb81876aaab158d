from hypothesis import given
from inline_snapshot import snapshot

from aplomo.protocol.load import loads
from aplomo.protocol.model import Protocol
from aplomo.protocol.render import as_mermaid, as_text
from random_protocols import protocols

DIAMOND = """\
id: diamond
version: "1"
languages: [es, en]
title: {es: Rombo, en: Diamond}
questions:
  end:
    text: {es: "¿A o \\"B\\"; <c> #1?", en: "A or \\"B\\"?\\nReally?"}
    rule: text == "a"
    yes: left
    no: right
  left: {text: {es: ¿I?, en: L?}, yes: below, no: quiet, unsure: quiet}
  right: {text: {es: ¿D?, en: R?}, yes: quiet, no: below}
  below: {text: {es: ¿X?, en: X?}, ask: [model, human], yes: answer, no: quiet}
outcomes:
  answer:
    action: reply
    department: care
    level: L1
    deadline: PT2H
    private: true
    title: {es: Contestar, en: Answer}
    goal: {es: a, en: b}
    template: {es: a, en: b}
    private_template: {es: a, en: b}
  quiet: {action: no_reply}
"""


def test_the_tree_names_what_was_already_shown() -> None:
    assert as_text(loads(DIAMOND), "en") == snapshot("""\
diamond 1: Diamond
(unsure leads to human_review where nothing else is shown)

end · A or "B"? Really? [rule: text == "a"]
├─ yes: left · L? [model]
│  ├─ yes: below · X? [model then human]
│  │  ├─ yes: answer · Answer (reply, with a private follow-up, care, L1, PT2H)
│  │  └─ no: quiet (no_reply)
│  ├─ no: quiet
│  └─ unsure: quiet
└─ no: right · R? [model]
   ├─ yes: quiet
   └─ no: below (shown above)
""")


def test_the_first_language_is_the_default() -> None:
    assert "¿A o" in as_text(loads(DIAMOND))
    assert "¿A o" in as_mermaid(loads(DIAMOND))


def test_the_flowchart_escapes_texts_and_reserved_words() -> None:
    assert as_mermaid(loads(DIAMOND)) == snapshot("""\
flowchart TD
  q_end{"¿A o #34;B#34;#59; #60;c#62; #35;1?"}
  q_left{"¿I?"}
  q_right{"¿D?"}
  q_below{"¿X?"}
  o_answer(["Contestar<br/>reply"])
  o_quiet(["quiet<br/>no_reply"])
  o_human_review(["Que lo vea una persona<br/>escalate"])
  q_end -->|yes| q_left
  q_end -->|no| q_right
  q_end -.->|unsure| o_human_review
  q_left -->|yes| q_below
  q_left -->|no| o_quiet
  q_left -.->|unsure| o_quiet
  q_right -->|yes| o_quiet
  q_right -->|no| q_below
  q_right -.->|unsure| o_human_review
  q_below -->|yes| o_answer
  q_below -->|no| o_quiet
  q_below -.->|unsure| o_human_review
""")


@given(protocols())
def test_every_node_and_branch_is_drawn(protocol: Protocol) -> None:
    text, chart = as_text(protocol), as_mermaid(protocol)
    for question in protocol.questions.values():
        assert sum(f"{question.id} · " in line for line in text.splitlines()) == 1
        for verdict in ("yes", "no", "unsure"):
            node = question.target(verdict)
            kind = "q" if node in protocol.questions else "o"
            arrow = "-.->" if verdict == "unsure" else "-->"
            assert f"  q_{question.id} {arrow}|{verdict}| {kind}_{node}\n" in chart


def test_a_very_deep_tree_stays_small() -> None:
    count = 3000
    lines = ["id: deep", "languages: [es]", "outcomes: {end: {action: no_reply}}", "questions:"]
    lines += [f"  q{i}: {{text: {{es: a}}, yes: q{i + 1}, no: end}}" for i in range(count)]
    lines.append(f"  q{count}: {{text: {{es: a}}, yes: end, no: end}}")
    text = as_text(loads("\n".join(lines)))
    assert max(map(len, text.splitlines())) < 100
    assert text.count("continued below") == text.count("\n\nq") - 1 > 100
