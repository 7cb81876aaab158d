"""Gates on every draft."""

from aplomo.check.base import Finding, Matter
from aplomo.draft import Draft

__all__ = ["run_checks"]


def run_checks(draft: Draft, matter: Matter) -> tuple[Finding, ...]:
    """Every check on `draft`."""
    return (Finding(check="checks", passed=False, detail="not written yet"),)
