"""What must stand in nothing that a platform keeps besides its database: sought in its bytes."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from tests.e2e.platforms import PASSWORD

# Whatever the tests of a platform did, whoever they were.
PATTERNS = {
    "a token": rb"eyJ[\w-]{8,}\.eyJ[\w-]{8,}",
    "a key": rb"hk_[A-Za-z0-9_-]{43}",
    "a password's hash": rb"\$argon2",
    "an address": rb"[\w.-]+@hub\.example",
    "the password": re.escape(PASSWORD).encode(),
    "a private key": rb"BEGIN PRIVATE KEY",
}


def leaks(state: Path, output: Path, canaries: Iterable[str] = ()) -> list[str]:
    """Where something was found, and what. The platform has ended."""
    wanted = PATTERNS | {each: re.escape(each).encode() for each in canaries}
    return [
        f"{place}: {what}"
        for place, content in _kept(state, output)
        for what, pattern in wanted.items()
        if re.search(pattern, content)
    ]


def _kept(state: Path, output: Path) -> Iterator[tuple[str, bytes]]:
    """Logs of every service, what was printed, what state machines remember, dead letters."""
    for file in (output, *state.glob("*.log"), *state.glob("logs/*.log")):
        yield file.name, file.read_bytes()
    yield "machines", (state / "machines.sqlite").read_bytes()
    with closing(sqlite3.connect(state / "queues.sqlite")) as journal:
        rows = journal.execute("SELECT fixed, state FROM rows").fetchall()
    # A letter about an address has to name it.
    dead = [fixed for fixed, queue in rows if "dlq" in queue and "notices" not in queue]
    yield "dead letters", "\n".join(dead).encode()
