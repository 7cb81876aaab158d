"""Where a suite lives: `evals/<suite>/cases.yaml`, and a folder for each protocol it is run under.

evals/<suite>/cases.yaml
allowed.txt                 texts in recordings that look secret and are not
<protocol>/recordings/      the recorded calls
lock.json        what they were recorded with
baseline.json    the accepted results
"""

import re
from dataclasses import dataclass
from pathlib import Path

from aplomo.errors import UsageError
from aplomo.evals.cases import Suite, load_suite
from aplomo.evals.recording.store import Store
from aplomo.workspace import Workspace

__all__ = ["CASES", "Place", "find_suite", "suite_names"]

CASES = "cases.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folder of one suite under one protocol."""

    suite: Path
    protocol: str

    @property
    def folder(self) -> Path:
        """All that is kept for this protocol."""
        return self.suite / self.protocol

    @property
    def lock(self) -> Path:
        """What the recordings were made with."""
        return self.folder / "lock.json"

    @property
    def baseline(self) -> Path:
        """The accepted results."""
        return self.folder / "baseline.json"

    @property
    def store(self) -> Store:
        """The recordings."""
        return Store(self.folder / "recordings", self.folder / ".recording")

    def allowed(self) -> frozenset[str]:
        """Texts in recordings that look like secrets and are none, as a person has seen."""
        path = self.suite / "allowed.txt"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return frozenset(line.strip() for line in lines if line.strip())


def suite_names(workspace: Workspace) -> frozenset[str]:
    """What the suites of the workspace are called in their files, which need not be readable."""
    files = _evals(workspace).glob(f"*/{CASES}")
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in files)
    found = (re.search(r"^suite:[ ]*[\"']?([\w-]+)", text, re.MULTILINE) for text in texts)
    return frozenset(name[1] for name in found if name)


def find_suite(named: str, workspace: Workspace) -> tuple[Path, Suite]:
    """The folder and the cases of the suite `named`: a name, a folder, or its case file.

    Raises UsageError when there is none, DocumentError when its cases are refused.
    """
    given = Path(named)
    if given.name == CASES:
        given = given.parent
    evals = _evals(workspace)
    for folder in (evals / named, given):
        if (folder / CASES).is_file():
            return folder, load_suite(folder / CASES)
    known = sorted(path.parent.name for path in evals.glob(f"*/{CASES}"))
    hint = f"suites: {', '.join(known)}" if known else f"there is no suite in {evals}"
    raise UsageError(f"there is no suite '{named}'", hint=hint)


def _evals(workspace: Workspace) -> Path:
    return (workspace.root or Path.cwd()) / "evals"
