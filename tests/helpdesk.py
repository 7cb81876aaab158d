"""An honest little helpdesk over real HTTP on loopback, that can be told to misbehave.

Customers write, agents note and answer, and a bot may leave internal notes; replies need another
token. Its adapter is written as one for a real tool would be.
"""

import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, urlsplit

from aplomo.embed.adapter import (
    Approval,
    Approved,
    Caps,
    Delivered,
    Inbound,
    Message,
    Party,
    Payload,
    Ref,
    Sent,
)
from aplomo.embed.note import MARK
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

SECRET = b"hook-secret"
BOT = "bot-1"
TOKENS = {"drafter": BOT, "sender": "bot-2"}


@dataclass
class Helpdesk:
    """The tool's state. `trouble` decides, request by request, how it misbehaves.

    Troubles: `500` (before saving), `500 after saving`, `timeout` (after saving), `late` (answers
    nothing, saves a moment later), `partial` (201, but the key is not stored), `refuse` (400),
    `busy` (429), `reset` (the connection is cut before anything is saved).
    """

    url: str = ""
    threads: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, Any])
    closed: set[str] = field(default_factory=set[str])
    order: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    requests: list[str] = field(default_factory=list[str])
    writes: int = 0
    trouble: Callable[[str, str], str | None] = lambda method, path: None
    lock: threading.RLock = field(default_factory=threading.RLock)

    # What people do.

    def customer_writes(self, text: str, thread: str = "t1", **more: Any) -> Ref:
        author = more.pop("author", f"customer-of-{thread}")
        author = {"id": author, "name": "Cliente", "kind": "customer"}
        values = {"author": author, "public": True, "direction": "incoming", **more}
        return self.ref(thread, self.save(thread, text=text, **values))

    def agent_answers(self, text: str, thread: str = "t1", name: str = "Ana") -> Ref:
        author = {"id": f"agent-{name}", "name": name, "kind": "agent"}
        values = {"author": author, "public": True, "direction": "outgoing"}
        return self.ref(thread, self.save(thread, text=text, **values))

    def agent_notes(self, text: str, thread: str = "t1", name: str = "Ana") -> Ref:
        author = {"id": f"agent-{name}", "name": name, "kind": "agent"}
        values = {"author": author, "public": False, "direction": "outgoing"}
        return self.ref(thread, self.save(thread, text=text, **values))

    def notes(self, thread: str) -> list[dict[str, Any]]:
        """What the bot has left in a thread."""
        with self.lock:
            messages = self.threads.get(thread, [])
            return [m for m in messages if m["author"]["id"] == BOT and not m["public"]]

    def public(self, thread: str) -> list[dict[str, Any]]:
        """What the customer has been sent."""
        with self.lock:
            messages = self.threads.get(thread, [])
            return [m for m in messages if m["public"] and m["direction"] == "outgoing"]

    def hook(self, ref: Ref, delivery: str = "") -> tuple[dict[str, str], bytes]:
        """The signed call that the tool makes about a message."""
        body = {"thread": ref.thread_id, "message": ref.message_id, "text": "never to be used"}
        raw = json.dumps(body).encode()
        return sign(raw, delivery or f"d-{ref.thread_id}-{ref.message_id}"), raw

    @contextmanager
    def misbehaving(self, *troubles: str, only: str = "POST") -> Generator[None]:
        """The next requests of that method go wrong, one trouble each, then all is well."""
        left = list(troubles)
        self.trouble = lambda method, path: left.pop(0) if left and method == only else None
        try:
            yield
        finally:
            self.trouble = lambda method, path: None

    # How it keeps things.

    def save(self, thread: str, **message: Any) -> str:
        with self.lock:
            id_ = f"m{len(self.order) + 1}"
            at = datetime.now(UTC).isoformat()
            self.threads.setdefault(thread, []).append({"id": id_, "at": at, **message})
            self.order.append((thread, id_))
            return id_

    def ref(self, thread: str, id_: str) -> Ref:
        return Ref(adapter="desk", account="shop", thread_id=thread, message_id=id_)


def sign(raw: bytes, delivery: str, at: float | None = None, secret: bytes = SECRET) -> Any:
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret, f"{delivery}.{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"X-Delivery": delivery, "X-Timestamp": stamp, "X-Signature": digest}


class Handler(BaseHTTPRequestHandler):
    """Reads and writes the helpdesk; anything that changes it may be told to go wrong."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer("GET", self._read)

    def do_POST(self) -> None:
        self._answer("POST", self._write)

    def do_DELETE(self) -> None:
        self._answer("DELETE", self._delete)

    def log_message(self, format: str, *args: object) -> None:
        pass

    @property
    def desk(self) -> Helpdesk:
        server: Any = self.server
        return server.desk

    def _answer(self, method: str, do: Callable[[dict[str, Any]], tuple[int, Any]]) -> None:
        length = int(self.headers.get("content-length", 0))
        body: dict[str, Any] = json.loads(self.rfile.read(length)) if length else {}
        with self.desk.lock:
            self.desk.requests.append(f"{method} {self.path}")
            trouble = self.desk.trouble(method, self.path)
        early = {"500": 500, "refuse": 400, "busy": 429}
        if trouble in early:
            return self._send(early[trouble], {"error": trouble})
        if trouble in {"reset", "timeout", "late"}:
            if trouble == "timeout":
                do(body)
            if trouble == "late":
                threading.Timer(0.3, do, [body]).start()
            self.close_connection = True
            return None
        status, answer = do(body | {"partial": True} if trouble == "partial" else body)
        return self._send(500 if trouble == "500 after saving" else status, answer)

    def _send(self, status: int, answer: Any) -> None:
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _read(self, body: dict[str, Any]) -> tuple[int, Any]:
        with self.desk.lock:
            if match := re.fullmatch(r"/since/(\d+)", self.path):
                return 200, self.desk.order[int(match[1]) :]
            thread = self.path.removeprefix("/threads/")
            if thread not in self.desk.threads:
                return 404, {}
            return 200, {
                "messages": self.desk.threads[thread],
                "closed": thread in self.desk.closed,
            }

    def _write(self, body: dict[str, Any]) -> tuple[int, Any]:
        _, _, thread, what = self.path.split("/")
        user = TOKENS.get(self.headers["authorization"])
        if thread not in self.desk.threads:
            return 404, {}
        if user is None or (what == "replies" and user == BOT):
            return 403, {"error": "not allowed"}
        partial = body.pop("partial", False)
        message: dict[str, Any] = {
            "text": body["text"],
            "author": {"id": user, "name": "Bot", "kind": "bot"},
            "public": what == "replies",
            "direction": "outgoing",
            "key": "" if partial else body.get("key", ""),
            "attached": None if partial else body.get("attached"),
        }
        self.desk.writes += 1
        return 201, {"id": self.desk.save(thread, **message)}

    def _delete(self, body: dict[str, Any]) -> tuple[int, Any]:
        _, thread, id_ = self.path.split("/")
        with self.desk.lock:
            before = self.desk.threads.get(thread, [])
            after = [m for m in before if m["id"] != id_ or m["author"]["id"] != BOT]
            self.desk.threads[thread] = after
            return (200 if len(after) < len(before) else 404), {}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    desk: Helpdesk

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a connection cut on purpose


@contextmanager
def running(desk: Helpdesk | None = None) -> Generator[Helpdesk]:
    """The helpdesk behind HTTP, until the end of the block."""
    server = Server(("127.0.0.1", 0), Handler)
    server.desk = desk or Helpdesk()
    server.desk.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class DeskAdapter:
    """The helpdesk's adapter."""

    url: str
    name: str = "desk"
    account: str = "shop"
    caps: Caps = field(
        default_factory=lambda: Caps(
            shape="internal_note", push=True, poll=True, can_update=True, attachments=True
        )
    )
    sender: bool = False
    timeout: float = 5.0
    own_ids: frozenset[str] = frozenset(TOKENS.values())
    _local: threading.local = field(default_factory=threading.local, repr=False)
    _connections: list[HTTPConnection] = field(default_factory=list[HTTPConnection], repr=False)

    @property
    def can_send(self) -> bool:
        return self.sender

    def verify(self, headers: Mapping[str, str], raw: bytes) -> str:
        delivery, stamp = headers.get("x-delivery", ""), headers.get("x-timestamp", "")
        good = sign(raw, delivery, float(stamp) if stamp.isdigit() else 0.0)["X-Signature"]
        if not hmac.compare_digest(good, headers.get("x-signature", "")):
            raise SignatureRefused("the signature is not ours")
        if abs(time.time() - float(stamp)) > 300:
            raise SignatureRefused("the hook is not from now")
        return delivery

    def parse(self, raw: bytes) -> list[Ref]:
        try:
            body = json.loads(raw)
            return [self.ref(str(body["thread"]), str(body.get("message", "")))]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InputError("the hook's body is malformed") from None

    def poll(self, cursor: str | None) -> tuple[list[Ref], str]:
        status, found = self.call("GET", f"/since/{cursor or 0}")
        self._require(status, "poll", reading=True)
        return [self.ref(*pair) for pair in found], str(int(cursor or 0) + len(found))

    def fetch(self, ref: Ref) -> Inbound:
        status, body = self.call("GET", f"/threads/{quote(ref.thread_id, safe='')}")
        self._require(status, ref.thread_id, reading=True)
        thread = tuple(_message(shape) for shape in body["messages"])
        message = next((m for m in thread if m.id == (ref.message_id or thread[-1].id)), None)
        if message is None:
            raise MessageGone(f"message {ref.message_id} is gone")
        return Inbound(
            ref=replace(ref, message_id=message.id),
            message=message,
            thread=thread,
            closed=body["closed"],
            lang="es",
        )

    def find_delivered(self, ref: Ref, key: str) -> Delivered | None:
        for message in self.fetch(replace(ref, message_id="")).thread:
            if message.visibility == "internal" and (
                message.key == key or f"{MARK}{key}" in message.text
            ):
                missing = () if message.key else ("key", "attachment")
                return Delivered(ref=ref, key=key, id=message.id, missing=missing)
        return None

    def deliver(self, inbound: Inbound, payload: Payload, key: str) -> Delivered:
        body = {"text": payload.note, "key": key, "attached": payload.record_json.decode()}
        status, answer = self.call("POST", f"/threads/{inbound.ref.thread_id}/notes", body)
        self._require(status, inbound.ref.thread_id, reading=False)
        return Delivered(ref=inbound.ref, key=key, id=answer["id"])

    def withdraw(self, delivered: Delivered) -> bool:
        status, _ = self.call("DELETE", f"/{delivered.ref.thread_id}/{delivered.id}")
        self._require(status, delivered.id, reading=False)
        return True

    def approval(self, delivered: Delivered) -> Approval | None:
        thread = self.fetch(replace(delivered.ref, message_id="")).thread
        ids = [message.id for message in thread]
        at = ids.index(delivered.id) if delivered.id in ids else len(ids)
        for message in thread[at + 1 :]:
            if message.author.kind != "agent":
                continue
            command = f"/approve {delivered.key}"
            how: dict[str, Any] = {"by": message.author, "at": message.created_at}
            if message.visibility == "public":
                return Approval(**how, text=message.text, how="answered", sent=True)
            if message.text.startswith(command):
                text = message.text.removeprefix(command).strip()
                return Approval(**how, text=text, how="command /approve")
        return None

    def send(self, approved: Approved, key: str) -> Sent:
        if not self.sender:
            raise SendRefused("there is no sending credential")
        thread = approved.inbound.ref.thread_id
        body = {"text": approved.approval.text, "key": key}
        status, answer = self.call("POST", f"/threads/{thread}/replies", body, token="sender")
        self._require(status, thread, reading=False)
        return Sent(ref=approved.inbound.ref, key=key, id=answer["id"])

    def ref(self, thread: str, message: str) -> Ref:
        return Ref(adapter=self.name, account=self.account, thread_id=thread, message_id=message)

    def _require(self, status: int, what: str, *, reading: bool) -> None:
        if status == 404:
            raise MessageGone(f"{what} is gone")
        if status == 429:
            raise ToolUnavailable("too many requests", retry_after=0.01)
        if status >= 500:
            error = ToolUnavailable if reading else DeliveryUnknown
            raise error(f"the helpdesk answered {status}")
        if status >= 400:
            raise DeliveryRefused(f"the helpdesk refuses: {status}")

    def call(
        self, method: str, path: str, body: Any = None, token: str = "drafter"
    ) -> tuple[int, Any]:
        raw = json.dumps(body).encode() if body is not None else None
        try:
            connection = self._connection()
            connection.request(method, path, raw, {"authorization": token})
            response = connection.getresponse()
            data = response.read()
        except ConnectionRefusedError as error:
            self._lose()
            raise ToolUnavailable(f"the helpdesk cannot be reached: {error}") from None
        except (OSError, HTTPException) as error:
            self._lose()
            unknown = ToolUnavailable if method == "GET" else DeliveryUnknown
            raise unknown(f"the connection was lost: {type(error).__name__}") from None
        return response.status, json.loads(data) if data else {}

    def close(self) -> None:
        while self._connections:
            self._connections.pop().close()
        self._local = threading.local()

    def _lose(self) -> None:
        self._local.connection.close()
        self._local.connection = None

    def _connection(self) -> HTTPConnection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            parts = urlsplit(self.url)
            assert parts.hostname is not None
            connection = HTTPConnection(parts.hostname, parts.port, timeout=self.timeout)
            self._connections.append(connection)
            self._local.connection = connection
        return connection


def _message(shape: dict[str, Any]) -> Message:
    return Message(
        id=shape["id"],
        text=shape["text"],
        author=Party(**shape["author"]),
        visibility="public" if shape["public"] else "internal",
        direction=shape["direction"],
        created_at=datetime.fromisoformat(shape["at"]),
        key=shape.get("key", ""),
        automatic=shape.get("automatic", False),
        headers=shape.get("headers", {}),
    )


def open_desk(settings: AdapterSettings) -> DeskAdapter:
    """What an entry point names."""
    settings.only({"url", "account", "token_env"})
    return DeskAdapter(
        url=settings.url(),
        name=settings.name,
        account=settings.text("account", "shop"),
        sender=settings.sender is not None and bool(settings.sender.secret("token")),
    )
