"""Who approves what, by reply or by command; and notes that carry no link."""

from datetime import UTC, datetime
from typing import Any

import pytest

from aplomo.embed.adapter import Message, Party
from aplomo.embed.commands import approval_among, key_in, without_links

KEY, OTHER = "ab" * 16, "cd" * 16
EVA = Party(id="eva", kind="agent", name="Eva")


def said(text: str, author: Party = EVA, **more: Any) -> Message:
    values: dict[str, Any] = {"visibility": "internal", "direction": "outgoing"} | more
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Message(id="9", text=text, author=author, created_at=at, **values)


def approved(*messages: Message) -> tuple[str, str] | None:
    found = approval_among(messages, KEY)
    return None if found is None else (found.by.id, found.text)


@pytest.mark.parametrize(
    ("text", "approves"),
    [
        (f"/approve {KEY}", ""),
        (f"  /approve   {KEY}  \nMejor así.\n", "Mejor así."),
        (f"/approve {KEY}\n\n", ""),
        (f"/approve {OTHER}", None),
        (f"/approve {KEY}0", None),
        (f"/approve {KEY} Mejor así", None),
        (f"No /approve {KEY}", None),
        (f"> /approve {KEY}", None),
        ("/approve", None),
        (f"/APPROVE {KEY}", None),
    ],
)
def test_the_command_is_a_line_of_its_own_and_names_the_draft(
    text: str, approves: str | None
) -> None:
    assert approved(said(text)) == (None if approves is None else ("eva", approves))


@pytest.mark.parametrize("kind", ["customer", "bot", "system", "unknown"])
def test_only_an_agent_approves(kind: Any) -> None:
    somebody = Party(id="x", kind=kind)
    assert approved(said(f"/approve {KEY}", somebody)) is None
    assert approved(said("Hola", somebody, visibility="public")) is None


def test_an_agents_public_reply_is_an_approval_already_sent() -> None:
    found = approval_among([said("Hola", visibility="public")], KEY)
    assert found is not None
    assert (found.text, found.sent, found.by) == ("Hola", True, EVA)


def test_the_first_one_counts() -> None:
    assert approved(said("nada"), said(f"/approve {KEY}\nuno"), said(f"/approve {KEY}\ndos")) == (
        "eva",
        "uno",
    )


def test_what_the_customer_got_counts_before_any_command() -> None:
    """Else the agent's own reply, after a command, would be taken for a stranger's."""
    found = approval_among([said(f"/approve {KEY}"), said("Hola", visibility="public")], KEY)
    assert found is not None
    assert (found.text, found.sent) == ("Hola", True)


def test_a_text_of_their_own_counts_before_a_bare_command() -> None:
    """A bare one may be refused: the text below the next is the way out that is told."""
    assert approved(said(f"/approve {KEY}"), said(f"/approve {KEY}\nMejor así.")) == (
        "eva",
        "Mejor así.",
    )


def test_what_a_tool_says_in_an_agents_name_approves_nothing() -> None:
    assert approved(said("¿Qué tal?", visibility="public", automatic=True)) is None


def test_the_mark_is_the_last_line_with_a_key() -> None:
    assert key_in(f"x\r\nref: {OTHER}\r\n\r\nref: {KEY}\r\n") == KEY
    for text in (None, "", "ref: short", f"see ref: {KEY}", f"ref: {KEY}0"):
        assert key_in(text) == ""


@pytest.mark.parametrize(
    "text",
    ["[a](b)", "![a](https://x)", "[@Eva](mention://user/9/Eva)", "[a][b]\n[b]: https://x",
     "[[a]](b)", "[a]((b))"],
)  # fmt: skip
def test_no_link_is_left_and_every_word_is(text: str) -> None:
    safe = without_links(text)
    assert not any(mark in safe for mark in ("](", "][", "]:"))
    assert safe.replace(" ", "") == text.replace(" ", "")
    assert without_links("Hola [sic] (1) a: b") == "Hola [sic] (1) a: b"
