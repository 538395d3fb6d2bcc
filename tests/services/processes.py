"""Which processes belong to a folder: by command line, environment, working folder, open files."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def processes_of(folder: Path) -> dict[int, str]:
    """Command line by process number, of everything alive that has to do with the folder."""
    found = {}
    for process in Path("/proc").glob("[1-9]*"):
        pid = int(process.name)
        if pid != os.getpid() and any(str(folder) in trace for trace in _traces(process)):
            found[pid] = _read(process / "cmdline").replace("\0", " ").strip()
    return found


def the_server(folder: Path, words: str) -> int:
    """The one whose command line has the words, not its keeper's."""
    (pid,) = [
        pid
        for pid, command in processes_of(folder).items()
        if words in command and "keeper.py" not in command
    ]
    return pid


def the_keeper(folder: Path, words: str) -> int:
    """Of the server whose command line has the words."""
    (pid,) = [
        pid
        for pid, command in processes_of(folder).items()
        if words in command and "keeper.py" in command
    ]
    return pid


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def wait_until(holds: Callable[[], object], within: float = 10.0) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def _traces(process: Path) -> Iterator[str]:
    if not (command := _read(process / "cmdline")):
        return  # a zombie, or a thread of the kernel
    yield command
    yield _read(process / "environ")
    for link in (process / "cwd", *_descriptors(process)):
        try:
            yield str(link.readlink())
        except OSError:
            continue


def _descriptors(process: Path) -> list[Path]:
    try:
        return list((process / "fd").iterdir())
    except OSError:
        return []


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
