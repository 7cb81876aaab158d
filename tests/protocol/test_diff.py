from hypothesis import given

from aplomo.protocol.diff import Change, Move, compare
from aplomo.protocol.load import loads
from aplomo.protocol.model import Protocol
from random_protocols import protocols

OLD = """
id: p
version: "1"
languages: [en]
questions:
  kind: {text: {en: Kind?}, yes: thank, no: listen}
outcomes:
  listen: {action: no_reply}
  thank: {action: reply, department: care, goal: {en: thank}, template: {en: "Thank you so much!"}}
"""


def test_nothing_changed() -> None:
    difference = compare(loads(OLD), loads(OLD + "# a comment\n"))
    assert (difference.changes, difference.moves) == ((), ())
    assert (difference.walked, difference.complete) == (3, True)


def test_texts_and_branches() -> None:
    new = OLD.replace(
        "en: Kind?}, yes: thank, no: listen", "en: Is it kind?}, yes: listen, no: thank"
    )
    difference = compare(loads(OLD), loads(new.replace("so much", "a lot")))
    assert difference.changes == (
        Change(node="kind", what="text: en Kind? before, en “Is it kind?” after"),
        Change(node="kind", what="yes leads to listen, not thank"),
        Change(node="kind", what="no leads to thank, not listen"),
        Change(
            node="thank",
            what="template: en “Thank you so much!” before, en “Thank you a lot!” after",
        ),
    )
    assert difference.moves == (
        Move(before="thank", after="listen", count=1, example={"kind": "yes"}, asks=False),
        Move(before="listen", after="thank", count=1, example={"kind": "no"}, asks=False),
    )


def test_a_question_that_is_now_asked() -> None:
    new = OLD.replace(
        "no: listen}", "no: worth}\n  worth: {text: {en: Worth?}, yes: thank, no: listen}"
    )
    difference = compare(loads(OLD), loads(new))
    assert Change(node="worth", what="question added") in difference.changes
    assert difference.moves == (
        Move(before="listen", after="worth", count=1, example={"kind": "no"}, asks=True),
    )


def test_only_so_many_paths_are_compared() -> None:
    difference = compare(loads(OLD), loads(OLD), walk=2)
    assert (difference.walked, difference.complete) == (2, False)


@given(protocols(), protocols())
def test_any_two_protocols_compare(old: Protocol, new: Protocol) -> None:
    assert compare(old, old).moves == compare(old, old).changes == ()
    assert sum(move.count for move in compare(old, new).moves) <= compare(old, new).walked
