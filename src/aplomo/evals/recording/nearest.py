"""What a call without a recording differs in from the recording it is nearest to."""

import difflib
from collections.abc import Iterable, Iterator

from aplomo.evals.recording.key import body_parts
from aplomo.evals.recording.tape import Recording

__all__ = ["difference", "nearest"]

_PARTS = 3
_LINES = 14
_WIDTH = 160
_CONTEXT = 40


def nearest(body: str, recordings: Iterable[Recording]) -> Recording | None:
    """The recording whose request shares most with `body`; None when none shares anything."""
    asked = set(_pieces(body))
    best, most = None, 0
    for one in recordings:
        shared = len(asked.intersection(_pieces(one.body)))
        if shared > most:
            best, most = one, shared
    return best


def difference(recorded: str, asked: str) -> str:
    """Which messages and fields of two request bodies differ, and how, in a few lines."""
    old, new = dict(body_parts(recorded)), dict(body_parts(asked))
    differing = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    lines: list[str] = []
    for name in differing[:_PARTS]:
        lines += [f"{name}:", *(f"  {line}" for line in _diff(old.get(name), new.get(name)))]
    if len(differing) > _PARTS:
        rest = ", ".join(differing[_PARTS:])
        lines.append(f"and {len(differing) - _PARTS} more: {rest[:_WIDTH]}")
    return "\n".join(lines)


def _pieces(body: str) -> Iterator[tuple[str, str]]:
    """What two requests may share: messages wherever they stand, and fields."""
    for name, text in body_parts(body):
        yield name.partition(" ")[0] if name.startswith("message ") else name, text


def _diff(old: str | None, new: str | None) -> list[str]:
    if old is None or new is None:
        return ["is not in the recording" if old is None else "is only in the recording"]
    old_lines, new_lines = _windows(old, new)
    found = list(difflib.unified_diff(old_lines, new_lines, "recorded", "asked", lineterm="", n=1))
    shown = [line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…" for line in found[:_LINES]]
    return [*shown, f"… {len(found) - _LINES} more lines"] if len(found) > _LINES else shown


def _windows(old: str, new: str) -> tuple[list[str], list[str]]:
    """Both texts as lines; of long ones only what is around the part that is not the same."""
    if max(len(old), len(new)) <= _WIDTH or "\n" in old[:_WIDTH]:
        return old.splitlines(), new.splitlines()
    start = next(
        (at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
        min(len(old), len(new)),
    )
    begin = max(0, start - _CONTEXT)
    return [f"…{old[begin : begin + _WIDTH - 10]}"], [f"…{new[begin : begin + _WIDTH - 10]}"]
