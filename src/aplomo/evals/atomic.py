"""Files that are whole at every moment."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: Path, text: str) -> None:
    """Write `path` so that a reader, or a crash, finds the old text or the new; never a part.

    Who may read a file that is there already stays as it is, and so do the line ends of `text`.
    """
    data = text.encode()
    with suppress(FileNotFoundError):
        if path.read_bytes() == data:
            return
    passing = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with passing.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileNotFoundError):
            shutil.copymode(path, passing)
        passing.replace(path)
    finally:
        passing.unlink(missing_ok=True)
