"""The Request Tracker adapter against a real Request Tracker 5."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from aplomo.adapters.request_tracker import RequestTrackerAdapter
from aplomo.embed.adapter import (
    Adapter,
    Approval,
    Approved,
    Delivered,
    Inbound,
    Message,
    Party,
    Payload,
    Ref,
)
from aplomo.embed.conformance import AdapterConformance, Trouble, World
from aplomo.embed.delivery import deliver
from aplomo.embed.plugins import AdapterSettings
from aplomo.errors import (
    DeliveryRefused,
    InputError,
    MessageGone,
    SendRefused,
    SignatureRefused,
    ToolUnavailable,
)
from outboxes import PRAISE, outbox
from real_servers.drafts import REPLY, key_for, payload
from real_servers.receiver import Receiver, receiver
from real_servers.request_tracker import HOOK_SECRET, RequestTracker

pytestmark = pytest.mark.servers


def adapter(server: RequestTracker, sender: str = "", **more: Any) -> RequestTrackerAdapter:
    table: dict[str, Any] = {
        "url": server.url,
        "user": "draftbot",
        "password_env": "P",
        "hook_secret_env": "H",
        "timeout": 60,
        **more,
    }
    if sender:
        table["sender"] = {"user": sender, "password_env": "S"}
    environ = {"P": server.password("draftbot"), "S": server.password(sender), "H": HOOK_SECRET}
    return RequestTrackerAdapter(AdapterSettings(name="rt", table=table, environ=environ))


def letter(
    subject: str = "Pedido", text: str = "Mi pedido llegó roto", **more: str
) -> EmailMessage:
    message = EmailMessage()
    fields = {"from": "Ana <ana@example.org>", "to": "rt@localhost", "subject": subject}
    for name, value in {**fields, "message-id": f"<{uuid4()}@example.org>", **more}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def inbound(server: RequestTracker, rt: RequestTrackerAdapter, message: EmailMessage) -> Inbound:
    _, cursor = rt.poll(None)
    server.mail(message)
    (ref,), _ = rt.poll(cursor)
    return rt.fetch(ref)


def delivered_in(rt: RequestTrackerAdapter, asked: Inbound, draft: Payload) -> Delivered:
    return deliver(rt, asked, draft, before_write=lambda: None)


def comment(
    server: RequestTracker, user: str, ticket: str, how: str, text: str, **more: Any
) -> list[str]:
    with server.rest(user) as rest:
        body = {"Content": text, "ContentType": "text/plain", **more}
        answer = rest.post(f"ticket/{ticket}/{how}", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()


def comments(rt: RequestTrackerAdapter, asked: Inbound) -> list[Any]:
    return [m for m in rt.fetch(asked.ref).thread if m.visibility == "internal"]


def test_it_is_an_adapter(request_tracker: RequestTracker) -> None:
    assert isinstance(adapter(request_tracker), Adapter)


def test_full_circle_from_a_letter_to_a_sent_reply(request_tracker: RequestTracker) -> None:
    """Inbound, internal comment with the record, `/approve`, the reply sent by the sender's user."""
    rt = adapter(request_tracker, "sender")
    asked = inbound(request_tracker, rt, letter())
    assert (asked.message.text, asked.message.author.kind) == ("Mi pedido llegó roto", "customer")
    assert (asked.message.visibility, asked.subject) == ("public", "Pedido")
    key = key_for(asked)
    assert rt.find_delivered(asked.ref, key) is None
    rt.deliver(asked, payload(key), key)
    delivered = rt.find_delivered(asked.ref, key)
    assert delivered is not None and delivered.missing == ()
    (note,) = comments(rt, asked)
    assert (note.author.kind, note.key, note.direction) == ("bot", key, "outgoing")
    assert REPLY in note.text
    assert rt.approval(delivered) is None

    comment(request_tracker, "eva", asked.ref.thread_id, "comment", f"/approve {key}")
    approval = rt.approval(delivered)
    assert approval is not None and not approval.sent
    assert (approval.by.id, approval.text) == ("eva", "")

    worded = replace(approval, text=REPLY)
    approved = Approved(inbound=rt.fetch(asked.ref), delivered=delivered, approval=worded)
    first = rt.send(approved, key)
    assert rt.send(approved, key).id == first.id
    public = [m for m in rt.fetch(asked.ref).thread if m.visibility == "public"]
    assert [m.text for m in public] == ["Mi pedido llegó roto", REPLY]
    assert public[1].author.kind == "bot"


def test_an_agents_own_reply_is_an_approval_with_its_text(request_tracker: RequestTracker) -> None:
    rt = adapter(request_tracker)
    asked = inbound(request_tracker, rt, letter())
    key = key_for(asked)
    delivered = delivered_in(rt, asked, payload(key))
    comment(request_tracker, "eva", asked.ref.thread_id, "comment", f"¿/approve {key}? Aún no")
    assert rt.approval(delivered) is None
    comment(request_tracker, "eva", asked.ref.thread_id, "correspond", "Lo siento, Ana.")
    approval = rt.approval(delivered)
    assert approval is not None and approval.sent and approval.text == "Lo siento, Ana."


def test_text_below_the_command_takes_the_place_of_the_draft(
    request_tracker: RequestTracker,
) -> None:
    rt = adapter(request_tracker)
    asked = inbound(request_tracker, rt, letter())
    key = key_for(asked)
    delivered = delivered_in(rt, asked, payload(key))
    comment(
        request_tracker, "eva", asked.ref.thread_id, "comment", f"/approve {key}\nMejor así, Ana."
    )
    approval = rt.approval(delivered)
    assert approval is not None and approval.text == "Mejor así, Ana."


def test_neither_a_customer_nor_the_drafter_can_approve(request_tracker: RequestTracker) -> None:
    rt = adapter(request_tracker)
    asked = inbound(request_tracker, rt, letter())
    key, ticket = key_for(asked), asked.ref.thread_id
    delivered = delivered_in(rt, asked, payload(key))
    comment(request_tracker, "draftbot", ticket, "comment", f"/approve {key}")
    request_tracker.mail(letter(f"[test #{ticket}] Pedido", f"/approve {key}"))
    assert rt.fetch(asked.ref).thread[-1].text == f"/approve {key}"
    assert rt.approval(delivered) is None


def test_trap_1_and_4_a_comment_is_read_back_by_its_key(request_tracker: RequestTracker) -> None:
    """RT answers `["Comments added"]` and no id: the note is found by its field, and only that one."""
    rt = adapter(request_tracker)
    asked = inbound(request_tracker, rt, letter())
    one, two = key_for(asked, "1"), key_for(asked, "2")
    first = delivered_in(rt, asked, payload(one))
    second = delivered_in(rt, asked, payload(two))
    assert first.id != second.id
    found = [rt.find_delivered(asked.ref, key) for key in (one, two)]
    assert [f.id for f in found if f] == [first.id, second.id]


def test_trap_2_a_201_that_left_out_the_key_is_a_partial_success(
    request_tracker: RequestTracker,
) -> None:
    """The field does not exist: RT says 201. The text's mark still finds the note, `missing` tells.

    With the search by text (`marked`) removed, this must fail as DeliveryRefused.
    """
    rt = adapter(request_tracker, key_field="NoSuchField")
    asked = inbound(request_tracker, rt, letter())
    said = comment(
        request_tracker,
        "draftbot",
        asked.ref.thread_id,
        "comment",
        "x",
        TxnCustomFields={"NoSuchField": "k"},
    )
    assert said == ["Comments added", "Unable to load transaction custom field: NoSuchField"]
    key = key_for(asked)
    delivered_in(rt, asked, payload(key))
    delivered = delivered_in(rt, asked, payload(key))
    assert "key" in delivered.missing
    assert len([m for m in comments(rt, asked) if m.key == key]) == 1


_BLIND = """
my $su = RT->SystemUser; my $user = RT::User->new($su);
my $queue = RT::Queue->new($su); $queue->Load('General');
sub sure { my ($ok, $message) = @_; die "$message\n" unless $ok }
sure($user->Create(Name => 'blind', Password => 'PASSWORD', Privileged => 1));
sure($user->PrincipalObj->GrantRight(Right => $_, Object => $queue))
    for qw(SeeQueue ShowTicket CommentOnTicket);
sure($user->PrincipalObj->GrantRight(Right => $_, Object => $RT::System))
    for qw(SeeCustomField SetInitialCustomField ModifyCustomField);
"""


def test_a_user_that_may_not_read_comments_writes_one(
    request_tracker: RequestTracker, tmp_path: Path
) -> None:
    """Without ShowTicketComments RT takes the comment, and never shows it to who wrote it."""
    password = request_tracker.password("draftbot")
    request_tracker.perl(_BLIND.replace("PASSWORD", password))
    seeing, blind = adapter(request_tracker), adapter(request_tracker, user="blind")
    asked = inbound(request_tracker, seeing, letter(text=PRAISE))
    box = outbox(tmp_path / "a.db", blind)
    (event,) = box.store.intake.receive(blind.name, None, [asked.ref])
    entry = box.process(event)
    assert entry.state == "blocked"
    assert "may its user read what it writes?" in entry.reason
    assert box.process(event).state == "blocked"
    assert len(comments(seeing, asked)) == 1
    box.store.close()


def test_trap_3_the_drafter_cannot_reply_the_server_refuses(
    request_tracker: RequestTracker,
) -> None:
    rt = adapter(request_tracker, "draftbot")  # a sender configured with the drafter's own user
    asked = inbound(request_tracker, rt, letter())
    eva = Party(id="eva", kind="agent")
    approval = Approval(by=eva, at=asked.message.created_at, text="Hola", how="here")
    with pytest.raises(DeliveryRefused, match="Permission Denied"):
        rt.send(Approved(inbound=asked, delivered=None, approval=approval), "0" * 32)
    assert [m.text for m in rt.fetch(asked.ref).thread] == ["Mi pedido llegó roto"]


def test_trap_5_a_signed_push_and_the_echo_of_our_own_note(request_tracker: RequestTracker) -> None:
    """The Scrip signs as Standard Webhooks do; our own comment fires it and is dropped by `parse`.

    With `PUBLIC` widened to comments in `parse`, this must fail; the loop rules are a second
    guard.
    """
    rt = adapter(request_tracker)
    with receiver(request_tracker.hooks) as got:
        asked = inbound(request_tracker, rt, letter())
        (headers, raw), *_ = got.wait_for(1)
        assert rt.verify(headers, raw) == f"rt-{asked.ref.message_id}"
        assert rt.parse(raw) == [asked.ref]
        key = key_for(asked)
        rt.deliver(asked, payload(key), key)
        headers, raw = got.wait_for(2)[1]
        rt.verify(headers, raw)
        assert rt.parse(raw) == []
        with pytest.raises(SignatureRefused):
            rt.verify(headers, raw.replace(b"Comment", b"Create"))


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"event":"Create","ticket":"../1","transaction":2}']
)
def test_a_malformed_hook_is_refused(request_tracker: RequestTracker, raw: bytes) -> None:
    with pytest.raises(InputError):
        adapter(request_tracker).parse(raw)


@pytest.mark.parametrize("id_", ["../1", "1/comment", "1?x=", "", "1;2", "٣"])
def test_ids_are_numbers_and_nothing_else(request_tracker: RequestTracker, id_: str) -> None:
    ref = Ref(adapter="rt", account="a", thread_id=id_)
    with pytest.raises(MessageGone):
        adapter(request_tracker).fetch(ref)
    with pytest.raises(MessageGone):
        adapter(request_tracker).find_delivered(ref, "0" * 32)


def test_only_a_requestor_without_an_agents_account_is_a_customer(
    request_tracker: RequestTracker,
) -> None:
    rt = adapter(request_tracker)
    agent = inbound(request_tracker, rt, _from("eva@example.com"))
    assert agent.message.author.kind == "agent"
    stranger = inbound(request_tracker, rt, letter())
    request_tracker.perl(
        "my $t=RT::Ticket->new(RT->SystemUser); $t->Load("
        f"{stranger.ref.thread_id}); $t->Correspond(Content=>'x');"
    )
    assert rt.fetch(stranger.ref).thread[-1].author.kind == "system"


def _from(address: str) -> EmailMessage:
    message = letter()
    message.replace_header("from", address)
    return message


def test_out_of_office_is_told_by_its_headers(request_tracker: RequestTracker) -> None:
    rt = adapter(request_tracker)
    asked = inbound(request_tracker, rt, letter(auto_submitted="auto-replied"))
    assert asked.message.headers["auto-submitted"] == "auto-replied"


def test_html_in_a_comment_is_shown_as_text(request_tracker: RequestTracker) -> None:
    rt = adapter(request_tracker)
    asked = inbound(request_tracker, rt, letter())
    key = key_for(asked)
    evil = (
        "<script>alert(1)</script> <img src=//evil.example/x.png> &lt;script&gt; [y](javascript:z)"
    )
    rt.deliver(asked, payload(key, note=f"{evil}\n\nref: {key}"), key)
    page = request_tracker.staff_page(asked.ref.thread_id)
    assert "&lt;script&gt;alert" in page
    assert "<script>alert(1)" not in page
    assert "<img src=//evil" not in page
    assert 'href="javascript:z' not in page


def test_html_in_a_comment_stays_text(request_tracker: RequestTracker) -> None:
    rt = adapter(request_tracker)
    asked = inbound(request_tracker, rt, letter(text="<script>alert(1)</script> & más"))
    key = key_for(asked)
    note = f"<img src=x onerror=alert(1)>\n\nref: {key}"
    rt.deliver(asked, payload(key, note=note), key)
    assert comments(rt, asked)[0].text.startswith("<img src=x onerror=alert(1)>")


def test_more_than_a_page_of_history_is_read(request_tracker: RequestTracker) -> None:
    rt = adapter(request_tracker)
    asked = inbound(request_tracker, rt, letter())
    request_tracker.perl(
        f"my $t=RT::Ticket->new(RT->SystemUser); $t->Load({asked.ref.thread_id});"
        "$t->Comment(Content=>qq(nota $_), CommitScrips=>0) for 1..105;"
    )
    assert len(rt.fetch(asked.ref).thread) == 106


def test_what_is_gone_and_what_is_down(request_tracker: RequestTracker) -> None:
    rt = adapter(request_tracker)
    with pytest.raises(MessageGone):
        rt.fetch(Ref(adapter="rt", account="a", thread_id="99999"))
    with pytest.raises(ToolUnavailable):
        adapter(request_tracker, url="http://127.0.0.1:1").poll(None)
    asked = inbound(request_tracker, rt, letter())
    with pytest.raises(MessageGone):
        rt.fetch(Ref(adapter="rt", account="a", thread_id=asked.ref.thread_id, message_id="1"))


def test_nothing_can_be_sent_without_the_separate_credential(
    request_tracker: RequestTracker,
) -> None:
    rt = adapter(request_tracker)
    assert not rt.can_send
    with pytest.raises(SendRefused):
        rt.send(None, "k")  # type: ignore[arg-type]


class TicketWorld:
    """A Request Tracker, driven as customers with mail and agents drive it."""

    troubles: frozenset[Trouble] = frozenset()

    def __init__(self, server: RequestTracker, hooks: Receiver) -> None:
        self.server, self.hooks = server, hooks
        self.newest: dict[str, Ref] = {}

    def adapter(self, *, sender: bool = False) -> RequestTrackerAdapter:
        return adapter(self.server, "sender" if sender else "")

    def customer_writes(self, text: str, thread: str = "one") -> Ref:
        before = self.newest.get(thread)
        subject = f"[test #{before.thread_id}] Pedido" if before else "Pedido"
        rt = self.adapter()
        _, cursor = rt.poll(None)
        self.server.mail(letter(subject, text))
        (self.newest[thread],), _ = rt.poll(cursor)
        return self.newest[thread]

    def agent_answers(self, text: str, thread: str = "one") -> None:
        comment(self.server, "eva", self.newest[thread].thread_id, "correspond", text)

    def agent_notes(self, text: str, thread: str = "one") -> None:
        comment(self.server, "eva", self.newest[thread].thread_id, "comment", text)

    def hook(self, ref: Ref) -> tuple[Mapping[str, str], bytes]:
        self.hooks.wait_for(1)
        return next(
            hook
            for hook in self.hooks.hooks
            if str(json.loads(hook[1])["transaction"]) == ref.message_id
        )

    def _thread(self, thread: str) -> list[Message]:
        ref = replace(self.newest[thread], message_id="")
        return list(self.adapter(sender=True).fetch(ref).thread)

    def drafts(self, thread: str = "one") -> list[str]:
        said = self._thread(thread)
        return [m.text for m in said if m.author.id == "draftbot" and m.visibility == "internal"]

    def public(self, thread: str = "one") -> list[str]:
        said = self._thread(thread)
        return [m.text for m in said if m.direction == "outgoing" and m.visibility == "public"]

    def breaking(self, trouble: Trouble) -> AbstractContextManager[None]:
        raise AssertionError("a Request Tracker is not broken on purpose")


class TestConformance(AdapterConformance):
    @pytest.fixture
    def world(self, request_tracker: RequestTracker) -> Iterator[World]:
        with receiver(request_tracker.hooks) as hooks:
            yield TicketWorld(request_tracker, hooks)
