"""The endpoints: each reads a request, asks the outbox or the Drafter, and answers."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aplomo.embed.adapter import Party
from aplomo.embed.app.problems import Refused, problem
from aplomo.embed.app.service import Service
from aplomo.embed.outbox import Busy
from aplomo.embed.request import Asking, asking_from
from aplomo.embed.store.entry import Entry
from aplomo.errors import InputError, SignatureRefused, StoreError
from aplomo.plain_text import encodable

__all__ = ["Endpoints"]

_DECISION_ID = re.compile("d-[0-9a-f]{32}")
_KEY = re.compile("[0-9a-f]{32}")


class Endpoints:
    """One method for each endpoint of the OpenAPI document."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def hook(self, request: Request) -> Response:
        """Take a webhook: verified, stored, answered; worked on later."""
        service, name = self._service, request.path_params["adapter"]
        service.admit_hook(request)
        if name not in service.hooks:
            service.refused(request)
            raise Refused(404, "no such hook", hint="configure it: [adapters.NAME]")
        raw = await service.body(request)
        # A header given twice is joined, so that no signature is read from one of two.
        headers: dict[str, str] = {}
        for key, value in request.headers.items():
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        try:
            new = await service.take(name, headers, raw)
        except SignatureRefused:
            service.refused(request)
            raise
        except (ValueError, RecursionError):
            # Whatever an adapter stumbles over in a body, the body is at fault.
            raise InputError("the hook's body is malformed", where=name) from None
        return JSONResponse({"new": len(new)}, 202)

    async def draft(self, request: Request) -> Response:
        """Draft for one comment now, and keep the decision."""
        service = self._service
        service.admit(request, "draft")
        asking = asking_from(await self._json(request))

        def work(asking: Asking = asking) -> dict[str, Any]:
            record = service.outbox.drafter.draft(asking.comment, asking.answers).to_dict()
            service.outbox.store.records.add(record)
            return record

        return JSONResponse(await service.draft(work))

    async def decision(self, request: Request) -> Response:
        """The record of a decision, as it is kept."""
        self._service.admit(request, "read")
        id_ = request.path_params["id"]
        record = None
        if _DECISION_ID.fullmatch(id_):
            record = await asyncio.to_thread(self._service.outbox.store.records.get, id_)
        if record is None:
            raise Refused(404, "no such decision")
        return JSONResponse(record)

    async def waiting(self, request: Request) -> Response:
        """Where a draft stands."""
        self._service.admit(request, "read")
        return JSONResponse(_shown(await asyncio.to_thread(self._entry, _key(request))))

    async def approve(self, request: Request) -> Response:
        """Approve one exact text, in the name of the token's owner."""
        token = self._service.admit(request, "approve")
        key = _key(request)
        text = _text(await self._json(request), "text", required=True)
        by = Party(id=f"token:{token.id}", name=token.owner, kind="agent")

        def work() -> Entry:
            self._entry(key)
            return self._service.outbox.approve(key, by=by, text=text, how="HTTP API")

        return await self._decided(work)

    async def reject(self, request: Request) -> Response:
        """Want no such reply, in the name of the token's owner."""
        token = self._service.admit(request, "approve")
        key = _key(request)
        reason = _text(await self._json(request), "reason", required=False)
        by = Party(id=f"token:{token.id}", name=token.owner, kind="agent")

        def work() -> Entry:
            self._entry(key)
            return self._service.outbox.reject(key, by=by, reason=reason)

        return await self._decided(work)

    async def health(self, request: Request) -> Response:
        """The process answers."""
        return JSONResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """The store can be read."""
        try:
            await asyncio.to_thread(self._service.ready)
        except StoreError:
            return problem(503, "the store cannot be used now", headers={"Retry-After": "5"})
        return JSONResponse({"status": "ready"})

    async def _decided(self, work: Any) -> Response:
        try:
            entry: Entry = await asyncio.to_thread(work)
        except Busy as busy:
            raise Refused(409, str(busy), hint=busy.hint, wait=1) from None
        if self._service.worker is not None:
            self._service.worker.wake()
        return JSONResponse(_shown(entry))

    def _entry(self, key: str) -> Entry:
        entry = self._service.outbox.store.ledger.get(key)
        if entry is None:
            raise Refused(404, "no such draft")
        return entry

    async def _json(self, request: Request) -> Any:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refused(415, "the body must be JSON", hint="Content-Type: application/json")
        body = await self._service.body(request)
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise InputError(f"the body is not JSON: {error}", where="request") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _key(request: Request) -> str:
    key: str = request.path_params["key"]
    if not _KEY.fullmatch(key):
        raise Refused(404, "no such draft")
    return key


def _text(data: object, name: str, *, required: bool) -> str:
    """The one member `name` that the body may have."""
    hint = f'write {{"{name}": "…"}}'
    if not isinstance(data, Mapping):
        raise InputError("is not a JSON object", where="request", hint=hint)
    given = cast("Mapping[str, Any]", data)
    if unknown := sorted(set(given) - {name}):
        raise InputError(f"{unknown[0]}: is not a known key", where="request", hint=hint)
    text = given.get(name, None if required else "")
    if not isinstance(text, str):
        raise InputError(f"{name}: must be text", where="request", hint=hint)
    if encodable(text) != text:
        raise InputError(f"{name}: holds a character that cannot be kept", where="request")
    return text


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "state": entry.state,
        "reason": entry.reason,
        "decision_id": entry.decision_id,
        "adapter": entry.ref.adapter,
        "thread_id": entry.ref.thread_id,
        "message_id": entry.ref.message_id,
    }
