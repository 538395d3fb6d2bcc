"""Programs for tests: parents that get killed, and what is left of their servers."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from local.services.leftovers import postmaster_lines

ROOT = Path(__file__).parent.parent.parent

START_POSTGRES = """
import sys
from pathlib import Path
from local.services.postgres import Postgres
server = Postgres(Path(sys.argv[1]), durable=False)
server.start()
"""


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> float:
    """How long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not come about in time"
        time.sleep(0.01)
    return time.monotonic() - began


def alive(process: int) -> bool:
    """Zombies are not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def postmaster_of(state: Path) -> int:
    return int(postmaster_lines(state / "postgres")[0])


def keeper_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])


@contextmanager
def parent(code: str, *words: str, prefix: Sequence[str] = ()) -> Iterator["subprocess.Popen[str]"]:
    """Runs `code`; it has said `ready` when the block begins, and is killed at its end."""
    waiting = f"{code}\nprint('ready', flush=True)\nimport time\ntime.sleep(60)\n"
    process = subprocess.Popen(
        [*prefix, sys.executable, "-c", waiting, *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def tell(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for each in statements:
            connection.execute(each)
