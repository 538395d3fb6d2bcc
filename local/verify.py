"""`./dev verify`: every invariant of the books, with its count of violations."""

from collections.abc import Sequence

from hub.adapters.postgres.invariants import check
from local.database import database
from local.progress import say


def verify(_words: Sequence[str]) -> int:
    """0 when all hold."""
    with database() as found:
        return _report(found.url)


def _report(url: str) -> int:
    broken = 0
    for finding in check(url):
        broken += finding.violations
        say(f"  {finding.violations:6d}  {finding.invariant.name:28} {finding.invariant.sentence}")
    say(f"  {broken} violations" if broken else "  All invariants hold: 0 violations.")
    return 1 if broken else 0
