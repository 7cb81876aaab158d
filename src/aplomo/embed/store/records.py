"""Decisions and approvals: only ever added, but for erasing a person and for old age."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select, update

from aplomo.embed.adapter import Approval, Party
from aplomo.embed.store.database import Database
from aplomo.embed.store.entry import CLOSED
from aplomo.embed.store.redact import erased, without_comment
from aplomo.embed.store.rows import LONGEST_ID, storable
from aplomo.embed.store.tables import approval, decision, hook, journal, outbox
from aplomo.errors import InputError

__all__ = ["Records"]


@dataclass(frozen=True, kw_only=True)
class Records:
    """With `keep_text` off no text of a comment is stored, only its hash."""

    database: Database
    keep_text: bool = True
    now: Callable[[], float] = time.time

    def add(self, record: Mapping[str, Any], connection: Connection | None = None) -> None:
        """Store one decision record, within `connection`'s transaction if given."""
        kept = record if self.keep_text else without_comment(record)
        bare = without_comment(record)
        row = {
            "id": record["id"],
            "created_at": datetime.fromisoformat(record["created_at"]).timestamp(),
            "comment_id": storable(record["comment"]["id"]),
            "author_id": storable(record["comment"]["author"].get("id", "")),
            "text_sha256": bare["comment"]["text_sha256"],
            "text_kept": self.keep_text,
            "record": json.dumps(kept, ensure_ascii=False),
        }
        statement = decision.insert().values(**row)
        if connection is not None:
            connection.execute(statement)
            return
        with self.database.write() as own:
            own.execute(statement)

    def get(self, id_: str) -> dict[str, Any] | None:
        """The decision record with that id, as it is kept."""
        with self.database.read() as connection:
            query = select(decision.c.record).where(decision.c.id == id_)
            found = connection.execute(query).scalar_one_or_none()
            return json.loads(found) if found else None

    def approve(self, outbox_id: str, given: Approval, connection: Connection) -> None:
        """Store a person's approval of one exact text."""
        row = {
            "id": f"a-{uuid.uuid4().hex}",
            "outbox_id": outbox_id,
            "by_id": storable(given.by.id),
            "by_name": given.by.name[:LONGEST_ID],
            "at": given.at.timestamp(),
            "text": given.text,
            "text_sha256": given.sha256,
            "how": given.how,
        }
        connection.execute(approval.insert().values(**row))

    def approval(self, outbox_id: str) -> tuple[Approval, str] | None:
        """The latest approval of an entry, and the hash that was stored with it."""
        query = select(approval).where(approval.c.outbox_id == outbox_id)
        query = query.order_by(approval.c.at.desc(), approval.c.id).limit(1)
        with self.database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        by = Party(id=row["by_id"], name=row["by_name"], kind="agent")
        at = datetime.fromtimestamp(row["at"]).astimezone()
        return Approval(by=by, at=at, text=row["text"], how=row["how"]), row["text_sha256"]

    def erase(self, *, author_id: str | None = None, decision_id: str | None = None) -> int:
        """Erase one person's words, and who they were; how many decisions that touched.

        The skeletons stay: ids of messages, path, outcome, versions. A draft of theirs that is
        still waiting is closed here; in the tool it stands until somebody removes it there.
        `decision_id` names one message: what was decided for it earlier goes too.
        """
        if author_id:
            theirs = decision.c.author_id == storable(author_id)
        elif decision_id:
            theirs = _of_one_message(decision_id)
        else:
            raise InputError("name whose data to erase", hint="ID or --author ID")
        with self.database.write() as connection:
            rows = connection.execute(select(decision.c.id, decision.c.record).where(theirs)).all()
            for id_, record in rows:
                self._erase_one(connection, id_, json.loads(record))
            return len(rows)

    def _erase_one(self, connection: Connection, id_: str, record: Mapping[str, Any]) -> None:
        gone = {"record": json.dumps(erased(record), ensure_ascii=False), "author_id": ""}
        gone |= {"text_sha256": "", "erased_at": self.now()}
        connection.execute(update(decision).where(decision.c.id == id_).values(**gone))
        mine = outbox.c.decision_id == id_
        entries = select(outbox.c.id).where(mine)
        texts = update(approval).where(approval.c.outbox_id.in_(entries))
        connection.execute(texts.values(text=""))
        waiting = mine & outbox.c.state.not_in(list(CLOSED))
        reason = "erased at the person's request"
        connection.execute(update(outbox).where(waiting).values(state="rejected", reason=reason))

    def purge(self, *, before: float) -> int:
        """Delete decisions made before that time, and what hangs on them; how many.

        Drafts that still wait for a person are kept. The bare lines of the outbox stay, so that a
        hook repeated late does not draft again.
        """
        waiting = select(outbox.c.decision_id).where(
            outbox.c.decision_id.is_not(None), outbox.c.state.not_in(list(CLOSED))
        )
        old = (decision.c.created_at < before) & decision.c.id.not_in(waiting)
        ended = select(outbox.c.id).where(
            outbox.c.updated_at < before, outbox.c.state.in_(list(CLOSED))
        )
        with self.database.write() as connection:
            connection.execute(delete(approval).where(approval.c.outbox_id.in_(ended)))
            connection.execute(delete(journal).where(journal.c.outbox_id.in_(ended)))
            connection.execute(delete(hook).where(hook.c.received_at < before))
            return connection.execute(delete(decision).where(old)).rowcount


def _of_one_message(decision_id: str) -> ColumnElement[bool]:
    """That decision, and any other for a comment of the same id by the same known author.

    Ids of comments come from callers too, who may have used one twice: alone they name nobody.
    """
    asked = select(decision.c.comment_id, decision.c.author_id).where(decision.c.id == decision_id)
    one = asked.subquery()
    same = exists().where(
        one.c.comment_id == decision.c.comment_id,
        one.c.author_id == decision.c.author_id,
        decision.c.author_id != "",
    )
    return or_(decision.c.id == decision_id, same)
