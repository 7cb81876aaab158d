"""The Chatwoot adapter on contracts written from its public documentation: no Chatwoot answers."""

import json
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aplomo.adapters.chatwoot import ChatwootAdapter
from aplomo.embed.adapter import Adapter, Approved, Inbound, Ref
from aplomo.embed.conformance import AdapterConformance, Trouble, World
from aplomo.embed.delivery import deliver
from aplomo.embed.loop import Loops, refusal
from aplomo.embed.outbox import Outbox
from aplomo.embed.plugins import AdapterSettings
from aplomo.embed.signature import Verifier
from aplomo.embed.store.entry import Entry
from aplomo.embed.thread import answered
from aplomo.errors import (
    ConfigError,
    DeliveryRefused,
    DeliveryUnknown,
    InputError,
    MessageGone,
    SendRefused,
    SignatureRefused,
    ToolUnavailable,
)
from outboxes import outbox
from real_servers.drafts import REPLY, key_for, payload
from small_world import GOOD

CONTRACTS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "contracts" / "chatwoot.json").read_text(encoding="utf-8")
)
SECRET = "hook-of-a-test"
NOTHING: dict[str, Any] = {}
TOKENS = {"drafter": 7, "sender": 8, "eva": 9}


class Contract(ThreadingHTTPServer):
    """Answers as the documentation says; `fails` is the status of the next write, after saving."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.messages: list[dict[str, Any]] = [dict(CONTRACTS["message_of_a_contact"])]
        self.fails = 0
        self.saves = True
        self.drops_attributes = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, content: str, user: int | None = None, **more: Any) -> dict[str, Any]:
        sender = {"id": user, "type": "user"} if user else {"id": 4, "type": "contact"}
        said: dict[str, Any] = dict(CONTRACTS["message_of_a_contact"]) | {
            "content_attributes": {},
            "private": False,
        }
        said |= {"content": content, "sender": sender, "message_type": 1 if user else 0, **more}
        said |= {"id": 501 + len(self.messages), "created_at": 1795597200 + len(self.messages)}
        self.messages.append(said)
        return said


class Handler(BaseHTTPRequestHandler):
    server: Contract  # type: ignore[assignment]

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/api/v1/accounts/1/conversations/101":
            return self.say(200, CONTRACTS["conversation"])
        if path != "/api/v1/accounts/1/conversations/101/messages":
            return self.say(404, {"error": "Resource could not be found"})
        before = int(query.removeprefix("before=") or 10**9)
        older = [m for m in self.server.messages if m["id"] < before]
        return self.say(200, {"meta": {}, "payload": older[-20:]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        user = TOKENS[self.headers["api_access_token"]]
        kept: dict[str, Any] = {} if self.server.drops_attributes else asked["content_attributes"]
        said: Any = {}
        if self.server.saves:
            said = self.server.add(
                asked["content"], user, private=asked["private"], content_attributes=kept
            )
        if status := self.server.fails:
            self.server.fails = 0
            return self.say(status, {"error": "x"})
        return self.say(200, said)

    def do_DELETE(self) -> None:
        number = int(self.path.rpartition("/")[2])
        self.server.messages = [m for m in self.server.messages if m["id"] != number]
        self.say(200, {})

    def say(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def chatwoot() -> Iterator[Contract]:
    server = Contract()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def adapter(server: Contract, *, sender: bool = False) -> ChatwootAdapter:
    table: dict[str, Any] = {"url": server.url, "account_id": 1, "user_id": 7}
    table |= {"token_env": "T", "hook_secret_env": "H"}
    if sender:
        table["sender"] = {"user_id": 8, "token_env": "S"}
    environ = {"T": "drafter", "S": "sender", "H": SECRET}
    return ChatwootAdapter(AdapterSettings(name="chatwoot", table=table, environ=environ))


def hook(name: str) -> bytes:
    return json.dumps(CONTRACTS[name]).encode()


def inbound(tool: ChatwootAdapter) -> Inbound:
    return tool.fetch(tool.parse(hook("hook_incoming"))[0])


def refused(tool: ChatwootAdapter, asked: Inbound) -> str | None:
    return refusal(asked, Loops(own_ids=tool.own_ids, wrote=lambda _: False))


def test_full_circle_from_a_signed_hook_to_a_sent_reply(chatwoot: Contract) -> None:
    tool = adapter(chatwoot, sender=True)
    assert isinstance(tool, Adapter)
    asked = inbound(tool)
    assert (asked.message.author.id, asked.message.author.kind) == ("contact:4", "customer")
    assert (asked.lang, asked.closed, refused(tool, asked)) == ("es", False, None)
    key = key_for(asked)
    delivered = deliver(tool, asked, payload(key), before_write=lambda: None)
    assert delivered.missing == ()
    note = chatwoot.messages[-1]
    assert note["private"] is True
    assert note["content_attributes"]["aplomo_key"] == key
    assert tool.approval(delivered) is None
    chatwoot.add(f"/approve {key}", TOKENS["eva"], private=True)
    approval = tool.approval(delivered)
    assert approval is not None and (approval.by.id, approval.text) == ("user:9", "")
    worded = replace(approval, text=REPLY)
    approved = Approved(inbound=tool.fetch(asked.ref), delivered=delivered, approval=worded)
    assert tool.send(approved, key).id == tool.send(approved, key).id
    assert [m["content"] for m in chatwoot.messages if not m["private"]][1:] == [REPLY]


def test_the_signature_is_checked_on_the_raw_bytes(chatwoot: Contract) -> None:
    tool, raw = adapter(chatwoot), hook("hook_incoming")
    headers = Verifier.of("chatwoot", [SECRET]).headers(raw, id="delivery-1")
    assert headers["x-chatwoot-signature"].startswith("sha256=")
    assert tool.verify(headers, raw) == "delivery-1"
    for wrong, body in (
        (headers, raw + b" "),
        ({}, raw),
        (headers | {"x-chatwoot-timestamp": "1"}, raw),
    ):
        with pytest.raises(SignatureRefused):
            tool.verify(wrong, body)


def test_the_hook_of_a_note_never_speaks_for_the_customers_message_in_it(
    chatwoot: Contract,
) -> None:
    """Chatwoot issue 14023: it carries the last public message. Reading that one in `parse`
    instead of the top-level fields must make this fail."""
    tool = adapter(chatwoot)
    assert tool.parse(hook("hook_of_our_note")) == []
    asked = inbound(tool)
    key = key_for(asked)
    note = tool.deliver(asked, payload(key), key)
    echo = tool.fetch(Ref(adapter="chatwoot", account="a", thread_id="101", message_id=note.id))
    assert refused(tool, echo) == "written by: bot"


def test_a_write_that_fails_after_saving_is_read_back(chatwoot: Contract) -> None:
    """Without the read-back in `delivery.deliver` this must fail."""
    tool = adapter(chatwoot)
    asked = inbound(tool)
    key = key_for(asked)
    chatwoot.fails = 500
    assert deliver(tool, asked, payload(key), before_write=lambda: None).key == key
    assert len(chatwoot.messages) == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, DeliveryUnknown), (503, DeliveryUnknown), (429, ToolUnavailable), (404, MessageGone),
     (401, DeliveryRefused), (422, DeliveryRefused), (302, DeliveryRefused)],
)  # fmt: skip
def test_what_a_failed_write_says(chatwoot: Contract, status: int, error: type[Exception]) -> None:
    tool = adapter(chatwoot)
    asked = inbound(tool)
    chatwoot.fails, chatwoot.saves = status, False
    with pytest.raises(error):
        tool.deliver(asked, payload("k"), "k")


def test_a_note_whose_key_was_not_stored_is_found_by_its_mark(chatwoot: Contract) -> None:
    tool = adapter(chatwoot)
    asked = inbound(tool)
    key = key_for(asked)
    chatwoot.drops_attributes = True
    assert deliver(tool, asked, payload(key), before_write=lambda: None).missing == ("key",)


def test_a_stale_note_is_withdrawn_and_a_newer_message_seen(chatwoot: Contract) -> None:
    tool = adapter(chatwoot)
    asked = inbound(tool)
    key = key_for(asked)
    first = tool.deliver(asked, payload(key), key)
    chatwoot.add("¿Hola?")
    assert refused(tool, tool.fetch(asked.ref)) == "a newer message of the customer"
    assert tool.withdraw(first) and not tool.withdraw(first)
    assert tool.find_delivered(asked.ref, key) is None


def test_an_agents_own_reply_is_an_approval(chatwoot: Contract) -> None:
    tool = adapter(chatwoot)
    asked = inbound(tool)
    key = key_for(asked)
    delivered = tool.deliver(asked, payload(key), key)
    chatwoot.add("Lo siento, Ana.", TOKENS["eva"])
    approval = tool.approval(delivered)
    assert approval is not None and approval.sent and approval.text == "Lo siento, Ana."
    assert refused(tool, tool.fetch(asked.ref)) == "answered already"


@pytest.mark.parametrize("name", ["activity", "activity_of_an_agent", "greeting", "survey"])
def test_what_chatwoot_says_of_its_own_accord_is_no_answer(chatwoot: Contract, name: str) -> None:
    """Somebody assigned it, a greeting went out: the customer still waits."""
    tool = adapter(chatwoot)
    asked = inbound(tool)
    key = key_for(asked)
    delivered = tool.deliver(asked, payload(key), key)
    chatwoot.messages.append(CONTRACTS[name])
    seen = tool.fetch(asked.ref)
    assert seen.thread[-1].direction == "outgoing"
    assert not answered(seen)
    assert refused(tool, seen) is None
    assert tool.approval(delivered) is None


def test_an_agent_whose_name_is_not_told_approves_all_the_same(
    chatwoot: Contract, tmp_path: Path
) -> None:
    box = outbox(tmp_path / "a.db", adapter(chatwoot, sender=True))
    entry = praised(box, chatwoot)
    chatwoot.add(f"/approve {entry.key}", TOKENS["eva"], private=True)
    assert box.review(entry.id).state == "sent"
    assert [m["content"] for m in chatwoot.messages if m["message_type"] == 1][-1] == GOOD
    given, _ = box.store.records.approval(entry.id) or (None, "")
    assert given is not None and given.by.name == "user:9"
    box.store.close()


def test_an_agent_who_approves_and_then_answers_has_answered(
    chatwoot: Contract, tmp_path: Path
) -> None:
    """Without a sender the person sends: their own reply is what was sent, not a stranger's."""
    box = outbox(tmp_path / "a.db", adapter(chatwoot))
    entry = praised(box, chatwoot)
    chatwoot.add(f"/approve {entry.key}", TOKENS["eva"], private=True)
    assert box.review(entry.id).state == "approved"
    chatwoot.add("Mil gracias, Ana", TOKENS["eva"])
    later = outbox(tmp_path / "a.db", adapter(chatwoot), now=lambda: time.time() + 3600)
    assert later.process(entry.id).state == "sent"
    box.store.close()
    later.store.close()


def praised(box: Outbox, server: Contract) -> Entry:
    """A draft in the conversation, for a customer's message that gets one."""
    said = server.add("Me encanta vuestro café")
    raw = json.dumps(CONTRACTS["hook_incoming"] | {"id": str(said["id"])}).encode()
    (event,) = box.receive("chatwoot", Verifier.of("chatwoot", [SECRET]).headers(raw, id="d"), raw)
    entry = box.process(event)
    assert entry.state == "delivered"
    return entry


@pytest.mark.parametrize("wrong", ["user_id", "sender.user_id", "sender.tokn_env"])
def test_who_writes_must_be_named_and_no_key_misspelt(chatwoot: Contract, wrong: str) -> None:
    """Without its number our own notes would be a stranger's: not found again, and answered."""
    table: dict[str, Any] = {"url": chatwoot.url, "user_id": 7, "token_env": "T"}
    table |= {"hook_secret_env": "T", "sender": {"user_id": 8, "token_env": "T"}}
    place = table["sender"] if wrong.startswith("sender.") else table
    if (key := wrong.rpartition(".")[2]) in place:
        del place[key]
    else:
        place[key] = "x"
    with pytest.raises(ConfigError, match=key):
        ChatwootAdapter(AdapterSettings(name="chatwoot", table=table, environ={"T": "x"}))


def test_a_long_conversation_is_read_whole(chatwoot: Contract) -> None:
    for number in range(45):
        chatwoot.add(f"mensaje {number}")
    assert len(inbound(adapter(chatwoot)).thread) == 46


def test_markdown_of_a_customer_makes_no_link_image_or_mention(chatwoot: Contract) -> None:
    """Chatwoot reads notes as Markdown: an image would tell its sender who has read it."""
    tool = adapter(chatwoot)
    asked = inbound(tool)
    key = key_for(asked)
    evil = "![x](https://evil.example/x.png) [@Eva](mention://user/9/Eva) [a][b]\n[b]: https://evil.example"
    tool.deliver(asked, payload(key, note=f"{evil}\n<script>alert(1)</script>\n\nref: {key}"), key)
    written = chatwoot.messages[-1]["content"]
    assert "](" not in written
    assert "]:" not in written
    assert "][" not in written
    assert tool.find_delivered(asked.ref, key) is not None
    reply = tool.fetch(asked.ref).thread[-1]
    assert reply.key == key


def test_addresses_in_a_hook_are_never_asked(chatwoot: Contract) -> None:
    """Whatever host, account or path its body names, the configured Chatwoot is asked."""
    tool = adapter(chatwoot)
    urls = {"url": "http://169.254.169.254/", "base_url": "http://evil.example", "domain": "evil"}
    event = CONTRACTS["hook_incoming"] | urls
    event["attachments"] = [{"data_url": "http://127.0.0.1:1/x", "thumb_url": "file:///etc/passwd"}]
    (ref,) = tool.parse(json.dumps(event).encode())
    assert ref.account == tool.account
    assert tool.fetch(ref).message.text == CONTRACTS["message_of_a_contact"]["content"]
    other = event | {"account": {"id": 2}}
    assert tool.parse(json.dumps(other).encode()) == []


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"event":"message_created"}'])
def test_a_malformed_hook_is_refused(chatwoot: Contract, raw: bytes) -> None:
    with pytest.raises(InputError):
        adapter(chatwoot).parse(raw)


@pytest.mark.parametrize("id_", ["../101", "101/messages", "", "999"])
def test_ids_lead_nowhere_else(chatwoot: Contract, id_: str) -> None:
    with pytest.raises(MessageGone):
        adapter(chatwoot).fetch(Ref(adapter="chatwoot", account="a", thread_id=id_))


def test_nothing_can_be_sent_without_the_separate_credential(chatwoot: Contract) -> None:
    with pytest.raises(SendRefused):
        adapter(chatwoot).send(None, "k")  # type: ignore[arg-type]


class ChatwootWorld:
    """The contract server, driven as customers and agents would drive a Chatwoot."""

    troubles: frozenset[Trouble] = frozenset({"error_after_saving", "partial", "refuse"})

    def __init__(self, server: Contract) -> None:
        self.server = server
        server.messages.clear()

    def adapter(self, *, sender: bool = False) -> ChatwootAdapter:
        return adapter(self.server, sender=sender)

    def customer_writes(self, text: str, thread: str = "one") -> Ref:
        said = self.server.add(text)
        made = self.adapter()
        return Ref(
            adapter=made.name, account=made.account, thread_id="101", message_id=str(said["id"])
        )

    def agent_answers(self, text: str, thread: str = "one") -> None:
        self.server.add(text, TOKENS["eva"])

    def agent_notes(self, text: str, thread: str = "one") -> None:
        self.server.add(text, TOKENS["eva"], private=True)

    def hook(self, ref: Ref) -> tuple[Mapping[str, str], bytes]:
        raw = json.dumps(CONTRACTS["hook_incoming"] | {"id": ref.message_id}).encode()
        return Verifier.of("chatwoot", [SECRET]).headers(raw, id="delivery-1"), raw

    def drafts(self, thread: str = "one") -> list[str]:
        return [m["content"] for m in self.server.messages if m["private"] and _ours(m)]

    def public(self, thread: str = "one") -> list[str]:
        return [m["content"] for m in self.server.messages if not m["private"] and _ours(m)]

    @contextmanager
    def breaking(self, trouble: Trouble) -> Generator[None]:
        server = self.server
        server.fails = {"error_after_saving": 500, "refuse": 422}.get(trouble, 0)
        server.saves, server.drops_attributes = trouble != "refuse", trouble == "partial"
        yield
        server.fails, server.saves, server.drops_attributes = 0, True, False


def _ours(message: dict[str, Any]) -> bool:
    return message["sender"]["id"] in (TOKENS["drafter"], TOKENS["sender"])


class TestConformance(AdapterConformance):
    @pytest.fixture
    def world(self, chatwoot: Contract) -> World:
        return ChatwootWorld(chatwoot)
