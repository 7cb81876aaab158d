"""The django-helpdesk adapter against a real django-helpdesk."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aplomo.adapters.django_helpdesk import DjangoHelpdeskAdapter
from aplomo.embed.adapter import Adapter, Approval, Approved, Inbound, Party, Ref
from aplomo.embed.conformance import AdapterConformance, Trouble, World
from aplomo.embed.delivery import deliver
from aplomo.embed.loop import Loops, refusal
from aplomo.embed.plugins import AdapterSettings
from aplomo.errors import (
    DeliveryRefused,
    DeliveryUnknown,
    InputError,
    MessageGone,
    SendRefused,
    SignatureRefused,
    ToolUnavailable,
)
from outboxes import PRAISE, outbox
from real_servers.django_helpdesk import HOOK_SECRET, USERS, Helpdesk
from real_servers.drafts import REPLY, key_for, payload
from real_servers.receiver import Receiver, receiver
from small_world import GOOD

pytestmark = pytest.mark.servers

COMPLAINT = "Mi pedido llegó roto"


def adapter(
    server: Helpdesk, sender: str = "", *, push: bool = True, **more: Any
) -> DjangoHelpdeskAdapter:
    table: dict[str, Any] = {
        "url": server.url,
        "user": "draftbot",
        "user_id": USERS["draftbot"],
        "password_env": "P",
        "timeout": 60,
        **more,
    }
    if push:
        table["hook_secret_env"] = "H"
    if sender:
        table["sender"] = {"user": sender, "user_id": USERS[sender], "password_env": "S"}
    environ = {"P": "draftbot-of-a-test", "S": f"{sender}-of-a-test", "H": HOOK_SECRET}
    return DjangoHelpdeskAdapter(AdapterSettings(name="helpdesk", table=table, environ=environ))


@pytest.fixture
def hooks(helpdesk: Helpdesk) -> Iterator[Receiver]:
    with receiver(helpdesk.hooks) as got:
        yield got


def inbound(server: Helpdesk, tool: DjangoHelpdeskAdapter, text: str = COMPLAINT) -> Inbound:
    ticket = server.ask(text)
    return tool.fetch(Ref(adapter=tool.name, account=tool.account, thread_id=str(ticket)))


def refused(tool: DjangoHelpdeskAdapter, asked: Inbound) -> str | None:
    return refusal(asked, Loops(own_ids=tool.own_ids, wrote=lambda _: False))


def notes(tool: DjangoHelpdeskAdapter, asked: Inbound) -> list[str]:
    return [m.key for m in tool.fetch(asked.ref).thread if m.author.id in tool.own_ids]


def test_it_is_an_adapter(helpdesk: Helpdesk) -> None:
    assert isinstance(adapter(helpdesk), Adapter)


def test_full_circle_from_the_public_form_to_a_sent_reply(
    helpdesk: Helpdesk, hooks: Receiver
) -> None:
    tool = adapter(helpdesk, "sender")
    asked = inbound(helpdesk, tool)
    assert (asked.message.text, asked.message.author.kind) == (COMPLAINT, "customer")
    assert refused(tool, asked) is None
    key = key_for(asked)
    assert tool.find_delivered(asked.ref, key) is None
    delivered = deliver(tool, asked, payload(key), before_write=lambda: None)
    assert delivered.missing == ()
    assert notes(tool, asked) == [key]
    assert tool.approval(delivered) is None

    helpdesk.follow_up("eva", int(asked.ref.thread_id), f"/approve {key}", public=False)
    approval = tool.approval(delivered)
    assert approval is not None and not approval.sent
    assert (approval.by.id, approval.text) == (str(USERS["eva"]), "")
    assert approval.by.name

    worded = replace(approval, text=REPLY)
    approved = Approved(inbound=tool.fetch(asked.ref), delivered=delivered, approval=worded)
    first = tool.send(approved, key)
    assert tool.send(approved, key).id == first.id
    public = [m for m in tool.fetch(asked.ref).thread if m.visibility == "public"]
    assert [m.text for m in public] == [COMPLAINT, REPLY]


def test_an_approval_by_command_is_sent_by_the_outbox(
    helpdesk: Helpdesk, hooks: Receiver, tmp_path: Path
) -> None:
    """An approval names a person; the API tells an agent's number and no name."""
    tool = adapter(helpdesk, "sender")
    box = outbox(tmp_path / "a.db", tool)
    asked = inbound(helpdesk, tool, PRAISE)
    (event,) = box.store.intake.receive(tool.name, None, [asked.ref])
    entry = box.process(event)
    assert entry.state == "delivered"
    helpdesk.follow_up("eva", int(asked.ref.thread_id), f"/approve {entry.key}", public=False)
    assert box.review(event).state == "sent"
    public = [m for m in tool.fetch(asked.ref).thread if m.visibility == "public"]
    assert [m.text for m in public] == [PRAISE, GOOD]
    box.store.close()


def test_a_user_numbered_wrong_writes_one_note(
    helpdesk: Helpdesk, hooks: Receiver, tmp_path: Path
) -> None:
    tool = adapter(helpdesk, user_id=999)
    box = outbox(tmp_path / "a.db", tool)
    asked = inbound(helpdesk, tool, PRAISE)
    (event,) = box.store.intake.receive(tool.name, None, [asked.ref])
    assert box.process(event).state == "blocked"
    assert box.process(event).state == "blocked"
    internal = [m for m in tool.fetch(asked.ref).thread if m.visibility == "internal"]
    assert len(internal) == 1
    box.store.close()


def test_an_agents_own_reply_is_an_approval_with_its_text(
    helpdesk: Helpdesk, hooks: Receiver
) -> None:
    tool = adapter(helpdesk)
    asked = inbound(helpdesk, tool)
    key = key_for(asked)
    delivered = tool.deliver(asked, payload(key), key)
    helpdesk.follow_up("eva", int(asked.ref.thread_id), "Lo siento, Ana.", public=True)
    approval = tool.approval(delivered)
    assert approval is not None and approval.sent and approval.text == "Lo siento, Ana."
    assert refused(tool, tool.fetch(asked.ref)) == "answered already"


def test_trap_6_the_hook_tells_of_our_own_note_and_the_loop_ends_there(
    helpdesk: Helpdesk, hooks: Receiver
) -> None:
    """With our user's follow-ups taken for a customer's in `_message`, this must fail."""
    tool = adapter(helpdesk)
    asked = inbound(helpdesk, tool)
    key = key_for(asked)
    tool.deliver(asked, payload(key), key)
    headers, raw = hooks.wait_for(2)[-1]
    assert tool.verify(headers, raw)
    (ref,) = tool.parse(raw)
    echo = tool.fetch(ref)
    assert echo.message.key == key
    assert refused(tool, echo) == "written by: bot"


def test_the_secret_in_the_hooks_address_is_what_holds_it(
    helpdesk: Helpdesk, hooks: Receiver
) -> None:
    tool = adapter(helpdesk)
    asked = inbound(helpdesk, tool)
    headers, raw = hooks.wait_for(1)[0]
    assert tool.verify(headers, raw).startswith("sha256:")
    assert tool.parse(raw) == [asked.ref]
    for wrong in ({}, {"authorization": "Basic aG9vazp4"}, {"authorization": "Básico ñ"}):
        with pytest.raises(SignatureRefused):
            tool.verify(wrong, raw)


def test_trap_7_a_500_after_saving_is_read_back_and_not_repeated(helpdesk: Helpdesk) -> None:
    """The hook receiver is down, so django-helpdesk saves the note and answers 500.

    Without the read-back in `delivery.deliver`, this must fail.
    """
    tool = adapter(helpdesk)
    asked = inbound(helpdesk, tool)
    key = key_for(asked)
    with pytest.raises(DeliveryUnknown, match="500"):
        tool.deliver(asked, payload(key), key)
    delivered = deliver(tool, asked, payload(key), before_write=lambda: None)
    assert delivered.key == key
    assert notes(tool, asked) == [key]
    again = deliver(tool, asked, payload(key_for(asked, "2")), before_write=lambda: None)
    assert again.id != delivered.id


def test_trap_8_a_note_never_renames_the_ticket(helpdesk: Helpdesk, hooks: Receiver) -> None:
    tool = adapter(helpdesk)
    asked = inbound(helpdesk, tool)
    helpdesk.follow_up("eva", int(asked.ref.thread_id), "x", title="Otro título", public=False)
    renamed = tool.fetch(asked.ref)
    assert renamed.subject == "Otro título"  # so it would, were a title given
    key = key_for(asked)
    tool.deliver(renamed, payload(key), key)
    assert tool.fetch(asked.ref).subject == "Otro título"


def test_a_note_is_never_run_as_a_template(helpdesk: Helpdesk, hooks: Receiver) -> None:
    """django-helpdesk renders comments: without `_inert` this note answers 500, and is lost."""
    tool = adapter(helpdesk)
    asked = inbound(helpdesk, tool)
    key = key_for(asked)
    note = "{{ ticket.title }} {% now 'Y' %} {% if %} {# nada #} {{{ }}}\n\nref: " + key
    delivered = deliver(tool, asked, payload(key, note=note), before_write=lambda: None)
    written = [m.text for m in tool.fetch(asked.ref).thread if m.id == delivered.id]
    assert written[0].startswith("{ { ticket.title } } { % now 'Y' % }")


def test_a_reply_that_would_be_run_as_a_template_is_refused(
    helpdesk: Helpdesk, hooks: Receiver
) -> None:
    tool = adapter(helpdesk, "sender")
    asked = inbound(helpdesk, tool)
    eva = Party(id="3", kind="agent")
    approval = Approval(by=eva, at=asked.message.created_at, text="{{ ticket }}", how="here")
    with pytest.raises(DeliveryRefused, match="template"):
        tool.send(Approved(inbound=asked, delivered=None, approval=approval), "k")


def test_html_in_a_note_is_shown_as_text(helpdesk: Helpdesk, hooks: Receiver) -> None:
    tool = adapter(helpdesk)
    asked = inbound(helpdesk, tool)
    key = key_for(asked)
    tool.deliver(asked, payload(key, note=f"<script>alert(1)</script>\n\nref: {key}"), key)
    page = helpdesk.staff_page(int(asked.ref.thread_id))
    assert "alert(1)" in page
    assert "<script>alert(1)" not in page


def test_markdown_of_a_customer_makes_no_link_or_image(helpdesk: Helpdesk, hooks: Receiver) -> None:
    """django-helpdesk reads comments as Markdown; without `without_links` the image is loaded."""
    tool = adapter(helpdesk)
    asked = inbound(helpdesk, tool)
    key = key_for(asked)
    evil = "![x](https://evil.example/x.png) [y](javascript:alert(1)) [a][b]\n\n[b]: https://evil.example"
    evil += "\n\n&lt;script&gt;alert(2)&lt;/script&gt; <img src=https://evil.example/y.png>"
    tool.deliver(asked, payload(key, note=f"{evil}\n\nref: {key}"), key)
    page = helpdesk.staff_page(int(asked.ref.thread_id))
    assert 'src="https://evil.example' not in page
    assert "<img src=https://evil" not in page
    assert 'href="javascript:' not in page
    assert "<script>alert" not in page


def test_a_stale_note_is_withdrawn_and_nothing_else_is(helpdesk: Helpdesk, hooks: Receiver) -> None:
    tool = adapter(helpdesk)
    asked = inbound(helpdesk, tool)
    old, new = key_for(asked, "1"), key_for(asked, "2")
    first = deliver(tool, asked, payload(old), before_write=lambda: None)
    helpdesk.customer_writes(int(asked.ref.thread_id), "¿Hola?")
    deliver(tool, asked, payload(new, replaces=first), before_write=lambda: None)
    thread = tool.fetch(asked.ref).thread
    assert [m.key for m in thread if m.key] == [new]
    customer = next(m for m in thread if m.text == "¿Hola?")
    assert (customer.author.kind, customer.direction) == ("customer", "incoming")
    assert refused(tool, tool.fetch(asked.ref)) == "a newer message of the customer"
    assert not tool.withdraw(first)


def test_polling_lists_what_is_new(helpdesk: Helpdesk, hooks: Receiver) -> None:
    tool = adapter(helpdesk)
    nothing, cursor = tool.poll(None)
    assert nothing == []
    asked = inbound(helpdesk, tool)
    helpdesk.customer_writes(int(asked.ref.thread_id), "¿Hola?")
    refs, after = tool.poll(cursor)
    assert asked.ref in refs
    assert tool.fetch(refs[-1]).message.text == "¿Hola?"
    again, later = tool.poll(after)  # once more: one numbered before may have come since
    assert (set(again), later) == (set(refs), after)


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"ticket":{"id":"../1"}}', b'{"ticket":7}'])
def test_a_malformed_hook_is_refused(helpdesk: Helpdesk, raw: bytes) -> None:
    with pytest.raises(InputError):
        adapter(helpdesk).parse(raw)


@pytest.mark.parametrize("id_", ["../1", "1/", "", "99999999"])
def test_ids_lead_nowhere_else(helpdesk: Helpdesk, id_: str) -> None:
    with pytest.raises(MessageGone):
        adapter(helpdesk).fetch(Ref(adapter="helpdesk", account="a", thread_id=id_))


def test_what_is_down_is_unavailable(helpdesk: Helpdesk) -> None:
    with pytest.raises(ToolUnavailable):
        adapter(helpdesk, url="http://127.0.0.1:1").poll(None)


def test_nothing_can_be_sent_without_the_separate_credential(helpdesk: Helpdesk) -> None:
    tool = adapter(helpdesk)
    assert not tool.can_send
    with pytest.raises(SendRefused):
        tool.send(None, "k")  # type: ignore[arg-type]


class HelpdeskWorld:
    """A django-helpdesk, driven as customers and agents drive it.

    It is polled: its hooks carry a secret and no signature, and are tried above.
    """

    troubles: frozenset[Trouble] = frozenset({"error_after_saving"})

    def __init__(self, server: Helpdesk) -> None:
        self.server = server
        self.tickets: dict[str, int] = {}
        self._hooks = receiver(server.hooks)
        self._hooks.__enter__()

    def close(self) -> None:
        self._hooks.__exit__(None, None, None)

    def adapter(self, *, sender: bool = False) -> DjangoHelpdeskAdapter:
        return adapter(self.server, "sender" if sender else "", push=False)

    def _said(self, thread: str) -> list[Any]:
        with self.server.api() as api:
            ticket = api.get(f"tickets/{self.tickets[thread]}/").json()
        return sorted(ticket["followup_set"], key=lambda item: item["id"])

    def customer_writes(self, text: str, thread: str = "one") -> Ref:
        tool, message = self.adapter(), "0"
        if thread in self.tickets:
            self.server.customer_writes(self.tickets[thread], text)
            message = str(self._said(thread)[-1]["id"])
        else:
            self.tickets[thread] = self.server.ask(text)
        ticket = str(self.tickets[thread])
        return Ref(adapter=tool.name, account=tool.account, thread_id=ticket, message_id=message)

    def agent_answers(self, text: str, thread: str = "one") -> None:
        self.server.follow_up("eva", self.tickets[thread], text, public=True)

    def agent_notes(self, text: str, thread: str = "one") -> None:
        self.server.follow_up("eva", self.tickets[thread], text, public=False)

    def hook(self, ref: Ref) -> tuple[Mapping[str, str], bytes]:
        raise AssertionError("it is polled here")

    def drafts(self, thread: str = "one") -> list[str]:
        said = self._said(thread)
        return [f["comment"] for f in said if f["user"] == USERS["draftbot"] and not f["public"]]

    def public(self, thread: str = "one") -> list[str]:
        return [f["comment"] for f in self._said(thread) if f["user"] and f["public"]]

    def breaking(self, trouble: Trouble) -> AbstractContextManager[None]:
        assert trouble == "error_after_saving"
        return self._without_its_receiver()

    @contextmanager
    def _without_its_receiver(self) -> Generator[None]:
        self.close()
        yield
        self._hooks = receiver(self.server.hooks)
        self._hooks.__enter__()


class TestConformance(AdapterConformance):
    @pytest.fixture
    def world(self, helpdesk: Helpdesk) -> Iterator[World]:
        world = HelpdeskWorld(helpdesk)
        yield world
        world.close()
