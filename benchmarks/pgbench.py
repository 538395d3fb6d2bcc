"""Runs pgbench, one client and prepared statements, over plays; how long a transaction takes."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from benchmarks.plays import PLAYS
from local.services.programs import find_programs

_LATENCY = re.compile(r"^\s+(\d+\.\d+)\s+(\d+)\s+(\S.*)$", re.MULTILINE)
_HEAD = "statement latencies in milliseconds"
# What a play costs to fetch is no part of the transaction: these two lines of every script.
_UNCOUNTED = 2


class PgbenchError(Exception):
    """pgbench did not run every transaction; the message has its words."""


def script(names: Sequence[str], commands: Sequence[str]) -> str:
    """Fetch the next play, then the commands of its transaction."""
    lines = [
        "\\set n :n + 1",
        f"SELECT {', '.join(names)} FROM {PLAYS} WHERE n = :n \\gset",
        *(each if each.startswith("\\") else f"{each};" for each in commands),
    ]
    return "\n".join(lines) + "\n"


def seconds_per_transaction(output: str) -> float:
    """The mean time of the transaction's commands, from pgbench's report per statement."""
    _, _, table = output.partition(_HEAD)
    latencies = [float(each[0]) for each in _LATENCY.findall(table)]
    if len(latencies) <= _UNCOUNTED:
        raise PgbenchError(output)
    return sum(latencies[_UNCOUNTED:]) / 1000


def play(url: str, text: str, times: int) -> float:
    """Run the script over the plays 1 to `times`; seconds per transaction."""
    split = urlsplit(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        command = [
            str(_binary()),
            *("-n", "-r", "-M", "prepared", "-c", "1", "-D", "n=0", "-t", str(times)),
            *("-f", file.name, "-h", split.hostname or "", "-p", str(split.port)),
            *("-U", split.username or "", split.path.lstrip("/")),
        ]
        environment = {"PGPASSWORD": unquote(split.password or "")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    whole = f"number of transactions actually processed: {times}/{times}"
    if done.returncode or whole not in done.stdout:
        raise PgbenchError(done.stderr[-2000:] or done.stdout)
    return seconds_per_transaction(done.stdout)


def _binary() -> Path:
    binary = find_programs().folder / "pgbench"
    if not binary.exists():
        raise PgbenchError(f"{binary.parent} has a PostgreSQL without pgbench")
    return binary
