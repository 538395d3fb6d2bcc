"""Servers of streams beside one another, each with its own load: started, asked, and ended.

A server runs on the first core and its load on the second. Each stays connected while the others
are measured, so that rounds can alternate between them within seconds.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.native import program
from local.options import ROOT
from local.services.ports import is_free

SYMBOLS, EACH = 100, 5
_PROBES = 500
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_BOOST = -15


class Plan(NamedTuple):
    """How much is measured; `boost`: before other programs of the machine."""

    clients: int
    rounds: int
    seconds: float
    soak_minutes: float
    boost: bool


class Crowd(NamedTuple):
    """The clients of a load. The dead ones never read."""

    clients: int
    symbols: int = SYMBOLS
    each: int = EACH
    dead_percent: int = 0
    receive_buffer: int = 0

    @property
    def heard(self) -> float:
        """Deliveries of one update, on average, to those who read."""
        return self.clients * (1 - self.dead_percent / 100) * self.each / self.symbols


class Speech(NamedTuple):
    """What each client says: a request, and maybe a message. `kind` is `ws` or `sse`, and `+post`
    where updates are published by HTTP. `ready_frames` come before a client hears updates."""

    kind: str
    request: str
    message: str = ""
    ready_frames: int = 0
    tokens: Sequence[str] = ()


class Server(NamedTuple):
    """One that listens. `feed_port` takes the updates."""

    name: str
    pid: int
    port: int
    feed_port: int

    @property
    def cpu_seconds(self) -> float:
        return math.fsum(map(_cpu_seconds, _family(self.pid)))

    @property
    def own_bytes(self) -> int:
        """Memory that is this server's: what it shares with others is divided among them."""
        return sum(map(_proportional_bytes, _family(self.pid)))


class Told(NamedTuple):
    """What the load saw of one command, and what that cost the server."""

    cpu_seconds: float
    seen: dict[str, Any]

    @property
    def per_second(self) -> float:
        return float(self.seen["in_window"] / self.seen["seconds"])

    @property
    def cpu_us(self) -> float:
        """Microseconds of the server for one delivery."""
        return self.cpu_seconds * 1e6 / max(int(self.seen["arrived"]), 1)

    @property
    def wrong(self) -> int:
        return int(sum(self.seen[name] for name in ("lost", "reordered", "malformed")))


class Lane:
    """One server and its load."""

    def __init__(self, server: Server, load: "subprocess.Popen[bytes]", crowd: Crowd) -> None:
        self.server = server
        self.crowd = crowd
        self._load = load

    @property
    def name(self) -> str:
        return self.server.name

    def connect(self) -> Told:
        return self._ask("connect")

    def step(self, deliveries: float, seconds: float, batch: int = 1) -> Told:
        """`deliveries` a second are offered: as many updates as make them."""
        return self._ask(f"step {deliveries / self.crowd.heard:.3f} {seconds} {batch}")

    def pause(self, updates: float, seconds: float) -> Told:
        return self._ask(f"pause {updates} {seconds}")

    def _ask(self, command: str) -> Told:
        assert self._load.stdin is not None
        assert self._load.stdout is not None
        before = self.server.cpu_seconds
        self._load.stdin.write(command.encode() + b"\n")
        self._load.stdin.flush()
        line = self._load.stdout.readline()
        if not line:
            raise RuntimeError(f"the load of {self.name} ended at `{command}`")
        return Told(self.server.cpu_seconds - before, json.loads(line))


@contextmanager
def running(command: Sequence[str | Path], name: str, port: int = 0) -> Iterator[Server]:
    """A server that tells its ports on standard output, or was given `port`."""
    # A session of its own is a group of its own to the system, which is fair to groups.
    process = subprocess.Popen(
        [str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
    try:
        yield _listening(process, name, port)
    finally:
        end(process)


def _listening(process: "subprocess.Popen[bytes]", name: str, port: int) -> Server:
    if port:
        wait_until(lambda: not is_free(port), f"{name} does not listen")
        return Server(name, process.pid, port, 0)
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    return Server(name, process.pid, told["port"], told.get("feed_port", 0))


def wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.05)


@contextmanager
def lane(server: Server, speech: Speech, crowd: Crowd, boost: bool = False) -> Iterator[Lane]:
    probes = min(_PROBES, crowd.clients)
    with tempfile.TemporaryDirectory() as folder:
        wishes = Path(folder) / "wishes"
        wishes.write_text(f"{speech.request}\n\n{speech.message}\n")
        (wishes.parent / "wishes.tokens").write_text("\n".join(speech.tokens or ["none"]) + "\n")
        words: list[object] = [
            *(program("load"), server.port, server.feed_port, speech.kind, crowd.clients),
            *(crowd.symbols, crowd.each, probes, speech.ready_frames, crowd.dead_percent),
            *(crowd.receive_buffer, wishes),
        ]
        load = subprocess.Popen(
            [str(word) for word in words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        os.sched_setaffinity(load.pid, {max(os.sched_getaffinity(0))})
        if boost:
            _boost(load.pid, server.pid)
        try:
            yield Lane(server, load, crowd)
        finally:
            end(load)


@contextmanager
def raw(kind: str) -> Iterator[Server]:
    """The bound."""
    with running([program("raw"), kind], "raw") as server:
        yield server


def raw_speech(kind: str) -> Speech:
    return Speech(kind, "GET /?symbols=%SYMBOLS% HTTP/1.1\nHost: 127.0.0.1")


def python(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _boost(*processes: int) -> None:
    """Niceness counts within a group; that of the group is asked for here. Needs to be root."""
    for pid in processes:
        Path(f"/proc/{pid}/autogroup").write_text(str(_BOOST))


def _family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def _cpu_seconds(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _proportional_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"{pid} tells nothing of its memory")
