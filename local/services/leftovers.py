"""PostgreSQL processes that outlived their keeper or their postmaster: found, and ended."""

import os
import signal
import subprocess
import time
from pathlib import Path

_POLL_SECONDS = 0.02
_FAST_SHUTDOWN_SECONDS = 10.0
# Sessions notice the death of their postmaster when they are idle; busy ones must not keep the
# shared memory, or the next postmaster refuses to start.
_ORPHAN_SECONDS = 0.3


def postmaster_lines(data: Path) -> list[str]:
    """postmaster.pid: process, data folder, start, port, socket, address, memory, state."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, PermissionError):
        return []


def postmaster(data: Path) -> int | None:
    """The living postmaster of this folder. Its pid file alone proves nothing."""
    lines = postmaster_lines(data)
    if not lines or not lines[0].strip().lstrip("-").isdigit():
        return None
    process = abs(int(lines[0]))
    return process if process in _servers(data, process) else None


def end_leftovers(data: Path) -> None:
    """Afterwards no PostgreSQL runs on `data`. The caller is the one who may run it."""
    living = postmaster(data)
    if living is not None:
        _send(living, signal.SIGINT)
        _wait(data, living, _FAST_SHUTDOWN_SECONDS)
    elif _servers(data, None):
        _wait(data, None, _ORPHAN_SECONDS)
    for process in _servers(data, living):
        _send(process, signal.SIGKILL)
    _wait(data, living, _FAST_SHUTDOWN_SECONDS)
    if not _servers(data, living):
        # It may name a process that by now is somebody else; PostgreSQL would wait for that one.
        (data / "postmaster.pid").unlink(missing_ok=True)


def _wait(data: Path, known: int | None, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _servers(data, known) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _send(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return


def _servers(data: Path, known: int | None) -> list[int]:
    """Every PostgreSQL process working in `data`; without /proc only `known`, if it is one."""
    if Path("/proc/self/cwd").exists():
        folder = str(data.resolve())
        every = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())
        return [process for process in every if _works_in(process, folder)]
    return [known] if known is not None and _is_postgres(known, data) else []


def _works_in(process: int, folder: str) -> bool:
    try:
        if os.readlink(f"/proc/{process}/cwd") != folder:  # noqa: PTH115  # 5 times faster
            return False
        words = Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False
    return words.split(b"\0")[0].split(b"/")[-1].startswith(b"postgres")


def _is_postgres(process: int, data: Path) -> bool:
    done = subprocess.run(
        ["ps", "-o", "stat=", "-o", "command=", "-p", str(process)],
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, command = done.stdout.strip().partition(" ")
    return not state.startswith("Z") and "postgres" in command and str(data) in command
