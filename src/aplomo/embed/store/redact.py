"""A decision record without the words of the person it is about: its skeleton stays."""

import hashlib
from collections.abc import Mapping
from typing import Any

__all__ = ["erased", "without_comment"]


def without_comment(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without any text of the comment; its hash instead. The reply, ours, stays."""
    comment = record["comment"]
    sha256 = hashlib.sha256(comment["text"].encode()).hexdigest()
    kept = {"id": comment["id"], "text": "", "channel": comment["channel"]}
    kept |= {"lang": comment["lang"], "author": _only_id(comment["author"])}
    return {
        **record,
        "comment": kept | {"text_sha256": comment.get("text_sha256") or sha256},
        "answers": {name: _bare(answer) for name, answer in record["answers"].items()},
        "why": _bare_why(record),
        "notes": [],
        "reply": _without_details(record["reply"]),
    }


def erased(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a person who asked to be forgotten: no text at all, no author."""
    bare = without_comment(record)
    bare["comment"] = bare["comment"] | {"author": {}, "text_sha256": ""}
    if bare["reply"] is not None:
        private = bare["reply"]["private_text"]
        words = {"text": "", "private_text": None if private is None else ""}
        bare["reply"] = bare["reply"] | words
    return bare


def _only_id(author: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": author["id"]} if "id" in author else {}


def _bare(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without what was quoted for it."""
    return {**answer, "evidence": None, "reason": None}


def _bare_why(record: Mapping[str, Any]) -> str:
    outcome = record["outcome"]["id"] if record["outcome"] else f"pending: {record['pending']}"
    path = [f"{name}: {record['answers'][name]['answer']}" for name in record["path"]]
    return " → ".join([*path[-1:], outcome])


def _without_details(reply: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a check found may quote the comment."""
    if reply is None:
        return None
    return {**reply, "checks": [{**check, "detail": ""} for check in reply["checks"]]}
