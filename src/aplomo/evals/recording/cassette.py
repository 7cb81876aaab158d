"""vcrpy's interception on top of our own look-up: which is by key, and takes the same time always.

vcrpy patches the HTTP clients and turns their requests and answers into its own; what it does not
do is find one of thousands quickly, keep answer headers out, or name who asked in vain. The members
overridden here are not all public: `vcrpy` is pinned, and contract tests guard them.
"""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, cast

from vcr.cassette import Cassette
from vcr.filters import decode_response  # pyright: ignore[reportUnknownVariableType]
from vcr.patch import PATCHER_NAMES
from vcr.record_mode import RecordMode

from aplomo.errors import UsageError
from aplomo.evals.recording.asking import Asking, asking
from aplomo.evals.recording.key import canonical, key_of
from aplomo.evals.recording.slim import slimmed
from aplomo.evals.recording.tape import Recording, Tape

__all__ = ["Keep", "Missed", "TapeCassette", "Unrecorded", "playing", "recording", "today"]

KEPT_HEADERS = ("content-type",)
_SDK = "httpx2"
_one_at_a_time = threading.Lock()

Missed = Callable[[Asking, str], Recording]
"""What becomes of a call without a recording, given its canonical body: another one is played, or
Unrecorded is raised."""

Keep = Callable[[Recording], None]
"""Where a new recording goes before anyone sees its answer."""


class Unrecorded(BaseException):
    """A call has no recording.

    A BaseException, so that no `except Exception` of a client takes it for a failing server.
    """


class TapeCassette(Cassette):
    """A cassette of vcrpy's that plays and records on a Tape."""

    def __init__(
        self,
        *,
        tape: Tape,
        path: str = "",
        missed: Missed | None = None,
        keep: Keep | None = None,
        **options: Any,
    ) -> None:
        mode = RecordMode.NEW_EPISODES if keep else RecordMode.NONE
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            path=path, record_mode=mode, **options
        )
        self._tape = tape
        self._missed = missed
        self._keep = keep

    # What vcrpy's stubs call, in this order.

    def can_play_response_for(self, request: Any) -> bool:
        """Whether the call has a recording. Raises Unrecorded when it must have and has none."""
        who = asking()
        if who is None:
            return False
        request.aplomo = one = self._find(request, who)
        return one is not None

    def play_response(self, request: Any) -> dict[str, Any]:
        """The answer found."""
        who = asking()
        assert who is not None
        one = self._tape.play(request.aplomo, who)
        who.key = one.key
        answer = one.response
        return {**answer, "body": {"string": answer["body"]["string"].encode()}}

    def filter_request(self, request: Any) -> Any:
        """None for what is no model call and so none of ours."""
        return request if asking() else None

    def append(self, request: Any, response: Any) -> None:
        """Record a new answer, unless it is an error or belongs to no model call."""
        who = asking()
        kept = _kept_response(response)
        if who is None or kept is None or self._keep is None:
            return
        body, path = canonical(request.body), _path_of(request)
        key = key_of(request.method, path, body)
        one = Recording(
            key=key,
            position=who.asked[key],
            method=request.method,
            path=path,
            body=body,
            response=kept,
            on=today().isoformat(),
        )
        self._keep(one)
        self._tape.keep(one)
        self._tape.play(one, who)
        who.key = key

    def find_requests_with_most_matches(self, request: Any) -> list[Any]:
        """Nothing: `Unrecorded` tells the difference, and only when somebody reads it."""
        return []

    def _load(self) -> None:
        """The tape is there."""

    def _save(self, force: bool = False) -> None:
        """Each call was kept when it ended."""

    def _find(self, request: Any, who: Asking) -> Recording | None:
        body = canonical(request.body)
        key = key_of(request.method, _path_of(request), body)
        one = self._tape.next(key, who)
        if one is None and self._keep and (one := self._tape.restore(key, who)):
            self._keep(one)
        if one is None and self._missed:
            one = self._missed(who, body)
        return one


@contextmanager
def playing(tape: Tape, missed: Missed, *, any_client: bool = False) -> Generator[None]:
    """Answer every model call in this process from the tape. Raises UsageError when nested.

    Calls are expected from the OpenAI SDK, or from `any_client` that vcrpy knows.
    """
    with _opened(any_client=any_client, tape=tape, missed=missed):
        yield


@contextmanager
def recording(tape: Tape, keep: Keep, *, any_client: bool = False) -> Generator[None]:
    """Answer from the tape what it has; hand every other answer, once it is there, to `keep`."""
    with _opened(any_client=any_client, tape=tape, keep=keep):
        yield


@contextmanager
def _opened(*, any_client: bool, **options: Any) -> Generator[None]:
    """One cassette at a time: vcrpy patches classes, and overlapping patches lose recordings.

    What a model does beside its call (the embedded one saves slots, with a client of the standard
    library) is none of ours, so only the SDK's client is patched unless another may be used.
    """
    others = () if any_client else tuple(set(PATCHER_NAMES) - {_SDK})
    if not _one_at_a_time.acquire(blocking=False):
        raise UsageError("another suite is open in this process", hint="run one after the other")
    try:
        opened = cast("Any", TapeCassette).use
        with opened(**options, path="", skip_patchers=others):
            yield
    finally:
        _one_at_a_time.release()


def today() -> date:
    """The day of a recording, in UTC: the same wherever it is made."""
    return datetime.now(UTC).date()


def _path_of(request: Any) -> str:
    parts = request.parsed_uri
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _kept_response(response: dict[str, Any]) -> dict[str, Any] | None:
    """What is stored of an answer: None for errors, which a server may say with status 200."""
    status = response["status"]
    if status["code"] >= 400:
        return None
    plain: dict[str, Any] = decode_response({**response, "headers": dict(response["headers"])})
    try:
        text = plain["body"]["string"].decode()
        data = json.loads(text)
    except ValueError:
        return None
    if isinstance(data, dict) and "error" in data and "choices" not in data:
        return None
    headers = {
        name.lower(): values
        for name, values in plain["headers"].items()
        if name.lower() in KEPT_HEADERS
    }
    return {"status": dict(status), "headers": headers, "body": {"string": slimmed(text)}}
