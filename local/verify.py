"""`./dev verify`: every invariant of the books, with its count of violations."""

import os
from collections.abc import Sequence

from hub.adapters.postgres.invariants import check
from local.options import ROOT
from local.progress import say
from local.services.postgres import Postgres
from local.state import StateFolder, state_folder


def verify(_words: Sequence[str]) -> int:
    """0 when all hold. Reads DATABASE_URL's database, or the embedded one, started if it is not."""
    url = os.environ.get("DATABASE_URL", "")
    if url:
        return _report(url)
    folder = state_folder(ROOT)
    running = Postgres(folder).running_url()
    if running:
        return _report(running)
    if not (folder / "postgres").exists():
        say(f"There is no database in {folder} yet.\n  -> ./dev run makes one")
        return 1
    held, postgres = StateFolder(folder), Postgres(folder)
    held.take()
    try:
        postgres.start()
        return _report(postgres.url)
    finally:
        postgres.stop()
        held.release()


def _report(url: str) -> int:
    broken = 0
    for finding in check(url):
        broken += finding.violations
        say(f"  {finding.violations:6d}  {finding.invariant.name:28} {finding.invariant.sentence}")
    say(f"  {broken} violations" if broken else "  All invariants hold: 0 violations.")
    return 1 if broken else 0
