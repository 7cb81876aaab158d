"""The HTTP face, endpoint by endpoint: what is accepted, what is refused, and in which words."""

import json
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from aplomo.decision.schema import decision_schema
from aplomo.embed.app import Limits, Tokens, create_app
from aplomo.embed.app.openapi import openapi
from aplomo.embed.outbox import Outbox
from aplomo.embed.worker import Worker
from aplomo.errors import StoreError
from helpdesk import DeskAdapter, Helpdesk, sign
from outboxes import PRAISE, come_in, settle
from small_world import GOOD

EASY = Limits(hooks_per_second=1e6, calls_per_minute=1e6, refusals_per_minute=1e6)


class Face:
    """An app on an outbox, with a token for everything and one for each scope."""

    def __init__(self, box: Outbox, path: Path, **parts: Any) -> None:
        self.box = box
        self.tokens = Tokens(path / "tokens.json")
        self.all = self.tokens.new("Ana López", ["draft", "read", "approve"])
        parts = {"limits": EASY, "hooks": ["desk"]} | parts
        self.app = create_app(box, tokens=self.tokens, **parts)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def post(self, path: str, body: Any = None, token: str | None = None) -> Any:
        return self.client.post(path, json=body, headers=bearer(token or self.all))

    def get(self, path: str, token: str | None = None) -> Any:
        return self.client.get(path, headers=bearer(token or self.all))

    def hook(self, headers: dict[str, str], raw: bytes, name: str = "desk") -> Any:
        return self.client.post(f"/hooks/{name}", content=raw, headers=headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def is_problem(answer: Any, status: int, says: str = "") -> bool:
    """Whether it is a problem as RFC 9457 has it, with nothing of our insides in it."""
    body = answer.json()
    assert answer.status_code == status, body
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert says in body["detail"], body
    assert "Traceback" not in answer.text
    assert "/src/aplomo" not in answer.text
    return True


@pytest.fixture
def face(box: Outbox, tmp_path: Path) -> Iterator[Face]:
    made = Face(box, tmp_path)
    with made.client:
        yield made


def delivered(face: Face, desk: Helpdesk) -> str:
    """The key of a draft that waits in the tool."""
    entry = settle(face.box, come_in(face.box, desk), "delivered")
    assert entry.key is not None
    return entry.key


# Hooks


def test_a_signed_hook_is_stored_answered_and_worked_on_later(face: Face, desk: Helpdesk) -> None:
    ref = desk.customer_writes(PRAISE)
    headers, raw = desk.hook(ref)
    answer = face.hook(headers, raw)
    assert (answer.status_code, answer.json()) == (202, {"new": 1})
    (entry,) = face.box.store.ledger.entries(["received"])
    assert entry.ref == ref
    assert desk.writes == 0
    again = face.hook(headers, raw)
    assert (again.status_code, again.json()) == (202, {"new": 0})
    assert settle(face.box, entry.id, "delivered").key
    assert len(desk.notes("t1")) == 1


def test_with_a_worker_the_draft_appears_by_itself(
    box: Outbox, tmp_path: Path, desk: Helpdesk
) -> None:
    made = Face(box, tmp_path, worker=Worker(outbox=box, threads=1, idle_seconds=30))
    with made.client:
        assert made.hook(*desk.hook(desk.customer_writes(PRAISE))).status_code == 202
        until = time.monotonic() + 20
        while not desk.notes("t1") and time.monotonic() < until:
            time.sleep(0.01)
    assert len(desk.notes("t1")) == 1


def forgery(kind: str, headers: dict[str, str], raw: bytes) -> tuple[dict[str, str], bytes]:
    if kind == "body":
        return headers, raw + b" "
    changed: dict[str, dict[str, str]] = {
        "unsigned": {},
        "id": headers | {"X-Delivery": "other"},
        "signature": headers | {"X-Signature": "0" * 64},
        "secret": sign(raw, "d", secret=b"guess"),
        "old": sign(raw, "d", at=time.time() - 301),
        "future": sign(raw, "d", at=time.time() + 400),
    }
    return changed[kind], raw


@pytest.mark.parametrize("kind", ["unsigned", "body", "id", "signature", "secret", "old", "future"])
def test_a_forged_or_replayed_hook_is_refused_and_leaves_nothing(
    face: Face, desk: Helpdesk, kind: str
) -> None:
    headers, raw = forgery(kind, *desk.hook(desk.customer_writes(PRAISE)))
    assert is_problem(face.hook(headers, raw), 401)
    assert face.box.store.ledger.entries(["received"]) == []


def test_a_header_given_twice_is_not_read_as_one_of_the_two(face: Face, desk: Helpdesk) -> None:
    headers, raw = desk.hook(desk.customer_writes(PRAISE))
    twice = [*headers.items(), ("X-Signature", "0" * 64)]
    assert is_problem(face.client.post("/hooks/desk", content=raw, headers=twice), 401)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xfe", b'{"thread": []}', b"[" * 5000])
def test_a_signed_but_malformed_hook_is_a_client_error(face: Face, raw: bytes) -> None:
    answer = face.hook(sign(raw, "d-1"), raw)
    assert answer.status_code in {202, 400}, answer.text
    assert answer.status_code == 400 or raw.startswith(b'{"thread"')


@pytest.mark.parametrize(
    "name", ["other", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "desk%00", "desk%2f..%2fdesk", ""]
)
def test_only_configured_hooks_exist(face: Face, desk: Helpdesk, name: str) -> None:
    headers, raw = desk.hook(desk.customer_writes(PRAISE))
    assert is_problem(face.hook(headers, raw, name), 404)


def test_a_store_that_fails_is_never_answered_as_taken(
    face: Face, desk: Helpdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise StoreError("disk full at /srv/secret")

    monkeypatch.setattr(type(face.box.store.intake), "receive", fails)
    answer = face.hook(*desk.hook(desk.customer_writes(PRAISE)))
    assert is_problem(answer, 503)
    assert "retry-after" in answer.headers
    assert "secret" not in answer.text


# Sizes and rates


def test_a_body_that_says_it_is_too_long_is_not_read(box: Outbox, tmp_path: Path) -> None:
    face = Face(box, tmp_path, limits=Limits(body=100))
    assert is_problem(face.hook({}, b"x" * 101), 413, "too long")
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"x" * 60

    answer = face.client.post("/hooks/desk", content=endless(), headers={})
    assert is_problem(answer, 413)
    assert is_problem(face.post("/v1/draft", {"comment": {"text": "x" * 200}}), 413)


def test_a_source_that_forges_is_made_to_wait(box: Outbox, tmp_path: Path, desk: Helpdesk) -> None:
    face = Face(box, tmp_path, limits=Limits(refusals_per_minute=4))
    answers = [face.hook({}, b"{}").status_code for _ in range(3)]
    assert answers == [401, 401, 429]
    slow = face.get("/v1/decisions/x")
    assert is_problem(slow, 429)
    assert int(slow.headers["retry-after"]) >= 1


def test_each_token_has_its_own_rate(box: Outbox, tmp_path: Path) -> None:
    face = Face(box, tmp_path, limits=Limits(calls_per_minute=4))
    other = face.tokens.new("bot", ["read"])
    codes = [face.get("/v1/drafts/x").status_code for _ in range(3)]
    assert codes == [404, 404, 429]
    assert face.get("/v1/drafts/x", token=other).status_code == 404


def test_a_source_may_call_hooks_only_so_often(box: Outbox, tmp_path: Path, desk: Helpdesk) -> None:
    face = Face(box, tmp_path, limits=Limits(hooks_per_second=0.1))
    codes = [face.hook(*desk.hook(desk.customer_writes(PRAISE))).status_code for _ in range(4)]
    assert codes == [202, 202, 202, 429]


# Tokens


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Bearer", 401),
        ("Bearer nonsense", 401),
        ("Basic {token}", 401),
        ("Bearer {token}x", 401),
        ("bearer {token}", 404),
        ("Bearer aplomo_ffffffff_abc", 401),
        ("Bearer aplomo_ñ", 401),
    ],
)
def test_only_a_known_token_comes_in(face: Face, header: str | None, status: int) -> None:
    headers = {}
    if header is not None:
        headers = {b"Authorization": header.format(token=face.all).encode("latin-1")}
    answer = face.client.get("/v1/decisions/x", headers=headers)  # type: ignore[arg-type]
    assert is_problem(answer, status)
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert face.all not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "needs"),
    [
        ("POST", "/v1/draft", "draft"),
        ("GET", "/v1/decisions/x", "read"),
        ("GET", "/v1/drafts/x", "read"),
        ("POST", "/v1/drafts/x/approve", "approve"),
        ("POST", "/v1/drafts/x/reject", "approve"),
    ],
)
def test_each_scope_opens_its_own_doors_only(
    face: Face, method: str, path: str, needs: str
) -> None:
    for scope in ("draft", "read", "approve"):
        token = face.tokens.new("somebody", [scope])
        answer = face.client.request(method, path, json={}, headers=bearer(token))
        if scope == needs:
            assert answer.status_code not in {401, 403}
        else:
            assert is_problem(answer, 403, f"no scope '{needs}'")


def test_a_revoked_or_expired_token_is_refused_at_once(box: Outbox, tmp_path: Path) -> None:
    now = 1000.0
    tokens = Tokens(tmp_path / "t.json", now=lambda: now)
    kept, short = tokens.new("a", ["read"]), tokens.new("b", ["read"], days=1)
    assert tokens.find(kept)
    assert tokens.find(short)
    now += 86_400
    assert tokens.find(short) is None
    tokens.revoke(kept.split("_")[1])
    assert tokens.find(kept) is None
    assert Tokens(tmp_path / "t.json").find(kept) is None


def test_the_file_of_tokens_holds_hashes_and_is_its_owner_s(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "t.json")
    text = tokens.new("a", ["read"])
    written = (tmp_path / "t.json").read_text()
    assert text not in written
    assert text.split("_", 2)[2] not in written
    assert (tmp_path / "t.json").stat().st_mode & 0o077 == 0
    assert "sha256" not in repr(tokens.all())


# Drafting


def test_a_draft_is_made_answered_and_kept(face: Face) -> None:
    answer = face.post("/v1/draft", {"comment": {"text": PRAISE, "lang": "es"}})
    record = answer.json()
    assert (answer.status_code, record["schema"]) == (200, "aplomo.decision/1")
    assert record["reply"]["text"] == GOOD
    assert face.get(f"/v1/decisions/{record['id']}").json() == record
    assert set(decision_schema()["required"]) <= record.keys()


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b'{"comment": {"text": NaN}}', 400, "NaN is not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"\xff", 400, "not JSON"),
        (b"9" * 10_000, 400, "not JSON"),
        (b"[]", 400, "names no comment"),
        (b'{"comment": {"text": "\\u200b"}}', 400, "no visible text"),
        (b'{"comment": {"text": "a", "base_url": "http://127.0.0.1:1"}}', 400, "base_url"),
        (b'{"comment": {"text": "a"}, "model": "http://evil.example"}', 400, "model"),
        (b'{"comment": {"text": "a"}, "answers": {"nothing": "yes"}}', 422, "no question"),
    ],
)
def test_what_is_no_request_is_refused(face: Face, body: bytes, status: int, says: str) -> None:
    headers = bearer(face.all) | {"Content-Type": "application/json"}
    assert is_problem(face.client.post("/v1/draft", content=body, headers=headers), status, says)


@pytest.mark.parametrize("kind", ["text/plain", "", "application/json+evil", "multipart/form-data"])
def test_only_json_is_read(face: Face, kind: str) -> None:
    headers = bearer(face.all) | {"Content-Type": kind}
    assert is_problem(face.client.post("/v1/draft", content=b"{}", headers=headers), 415)


def test_a_lone_surrogate_in_a_comment_is_no_server_error(face: Face) -> None:
    headers = bearer(face.all) | {"Content-Type": "application/json"}
    raw = b'{"comment": {"text": "caf\\ud83d", "meta": {"\\ud83d": "\\ud83d"}}}'
    assert face.client.post("/v1/draft", content=raw, headers=headers).status_code == 200


def test_when_too_much_waits_it_says_so(box: Outbox, tmp_path: Path) -> None:
    face = Face(box, tmp_path, limits=Limits(drafting=1, waiting=-1))
    assert is_problem(face.post("/v1/draft", {"comment": {"text": PRAISE}}), 503, "too many")


# Decisions and approvals


@pytest.mark.parametrize(
    "id_",
    ["x", "..%2f..%2fetc%2fpasswd", "d-" + "g" * 32, "d-" + "0" * 32, "%00", "d-" + "0" * 9999],
)
def test_ids_are_ids_and_nothing_else(face: Face, id_: str) -> None:
    for path in (f"/v1/decisions/{id_}", f"/v1/drafts/{id_}"):
        assert is_problem(face.get(path), 404)
    for verb in ("approve", "reject"):
        assert is_problem(face.post(f"/v1/drafts/{id_}/{verb}", {"text": "a"}), 404)


def test_approving_names_the_token_s_owner_and_the_exact_text(face: Face, desk: Helpdesk) -> None:
    key = delivered(face, desk)
    assert face.get(f"/v1/drafts/{key}").json()["state"] == "delivered"
    answer = face.post(f"/v1/drafts/{key}/approve", {"text": "Gracias, ¡hasta pronto!"})
    assert (answer.status_code, answer.json()["state"]) == (200, "approved")
    entry = face.box.entry(key)
    stored = face.box.store.records.approval(entry.id)
    assert stored is not None
    approval, sha256 = stored
    assert (approval.by.name, approval.text) == ("Ana López", "Gracias, ¡hasta pronto!")
    assert approval.sha256 == sha256
    face.box.process(entry.id)
    assert desk.public("t1") == []  # there is no sending credential


def test_nobody_approves_in_another_s_name_or_without_a_text(face: Face, desk: Helpdesk) -> None:
    key = delivered(face, desk)
    path = f"/v1/drafts/{key}/approve"
    bodies: list[Any] = [{}, {"text": 1}, {"text": "a", "by": "Jefa"}, [], "a", 7]
    bodies += [{"text": "a\0b"}]  # no database keeps it
    for body in bodies:
        assert is_problem(face.post(path, body), 400)
    assert is_problem(face.post(path, {"text": "  "}), 409, "no text to approve")
    assert face.box.entry(key).state == "delivered"


def test_rejecting_takes_the_draft_away_and_ends_it(face: Face, desk: Helpdesk) -> None:
    key = delivered(face, desk)
    answer = face.post(f"/v1/drafts/{key}/reject", {"reason": "too warm"})
    assert (answer.status_code, answer.json()["state"]) == (200, "rejected")
    assert answer.json()["reason"] == "by Ana López: too warm"
    assert desk.notes("t1") == []
    assert is_problem(face.post(f"/v1/drafts/{key}/approve", {"text": "a"}), 422, "rejected")


def test_while_a_worker_has_the_thread_a_verdict_waits(face: Face, desk: Helpdesk) -> None:
    key = delivered(face, desk)
    with face.box.store.leases.on(face.box.entry(key).ref):
        answer = face.post(f"/v1/drafts/{key}/approve", {"text": "a"})
    assert is_problem(answer, 409, "in hand")
    assert answer.headers["retry-after"] == "1"


# Around it


def test_every_answer_carries_the_security_headers(face: Face) -> None:
    for answer in (face.get("/healthz"), face.get("/nothing"), face.get("/v1/draft")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


def test_unknown_paths_and_methods_are_problems_too(face: Face) -> None:
    assert is_problem(face.get("/nothing"), 404)
    assert is_problem(face.get("/v1/draft"), 405)
    assert is_problem(face.client.request("TRACE", "/healthz"), 405)


def test_what_should_not_happen_is_told_with_a_number_and_no_traceback(
    face: Face, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: Any) -> None:
        raise ZeroDivisionError("internal detail")

    monkeypatch.setattr(type(face.box.store.records), "get", breaks)
    answer = face.get(f"/v1/decisions/d-{'0' * 32}")
    assert is_problem(answer, 500, "should not have happened")
    assert "internal detail" not in answer.text
    assert answer.json()["hint"].split()[1] in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_health_and_readiness(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    assert face.client.get("/healthz").json() == {"status": "ok"}
    assert face.client.get("/readyz").json() == {"status": "ready"}

    def fails(*_: Any, **__: Any) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(type(face.box.store.ledger), "entries", fails)
    assert is_problem(face.client.get("/readyz"), 503)
    assert face.client.get("/healthz").status_code == 200


def test_the_document_lists_every_route_and_its_references_lead_somewhere(face: Face) -> None:
    document = face.client.get("/openapi.json").json()
    assert document == json.loads(json.dumps(openapi()))
    routes: Any = face.app.routes
    served = {(r.path, m) for r in routes for m in r.methods - {"HEAD"}}
    listed = {(path, m.upper()) for path, ops in document["paths"].items() for m in ops}
    assert served == listed
    text = json.dumps(document)
    assert "#/$defs/" not in text
    for name in document["components"]["schemas"]:
        assert f"#/components/schemas/{name}" in text, name


def test_mounted_in_another_app_it_works_under_its_prefix(
    box: Outbox, adapter: DeskAdapter, desk: Helpdesk, tmp_path: Path
) -> None:
    worker = Worker(outbox=box, threads=1, idle_seconds=30)
    inner = create_app(
        box, tokens=Tokens(tmp_path / "t.json"), hooks=["desk"], limits=EASY, worker=worker
    )

    @asynccontextmanager
    async def lifespan(host: Starlette) -> AsyncGenerator[None]:
        async with inner.router.lifespan_context(inner):
            yield

    host = Starlette(routes=[Mount("/aplomo", inner)], lifespan=lifespan)
    with TestClient(host) as client:
        headers, raw = desk.hook(desk.customer_writes(PRAISE))
        answer = client.post("/aplomo/hooks/desk", content=raw, headers=headers)
        assert answer.status_code == 202
        assert client.get("/aplomo/readyz").status_code == 200
        until = time.monotonic() + 20
        while not desk.notes("t1") and time.monotonic() < until:
            time.sleep(0.01)
    assert len(desk.notes("t1")) == 1
