"""A platform of its own for a run of cases: scripted market, fresh data, gone at the end."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

from local.services.errors import StartError
from local.services.ports import known_ports

_READY_SECONDS = 60.0
_END_SECONDS = 30.0


class Child(NamedTuple):
    """Where a running platform answers."""

    api_url: str
    aws_url: str
    redis_port: int


@contextmanager
def scripted_platform(root: Path, venue: str) -> Iterator[Child]:
    """Started anew, and ended with all that it kept. Raises StartError."""
    with tempfile.TemporaryDirectory(prefix="hub-fidelity-") as folder:
        state = Path(folder) / "state"
        output = Path(folder) / "out"
        ports = _free_ports(4)
        words = ["run", "--no-demo", "--feed", "scripted", "--venue", venue]
        for name, port in zip(("api", "websocket", "stream", "grpc"), ports, strict=True):
            words += [f"--{name}-port", str(port)]
        with output.open("wb") as kept:
            process = subprocess.Popen(
                [sys.executable, "-m", "local.cli", *words],
                cwd=root,
                env={**os.environ, "HUB_STATE": str(state)},
                stdin=subprocess.DEVNULL,
                stdout=kept,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _await_ready(process, output)
            known = known_ports(state)
            yield Child(
                f"http://127.0.0.1:{ports[0]}",
                f"http://127.0.0.1:{known['aws']}",
                known["valkey"],
            )
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_ready(process: "subprocess.Popen[bytes]", output: Path) -> None:
    until = monotonic() + _READY_SECONDS
    while monotonic() < until and process.poll() is None:
        if "Ready in" in output.read_text(errors="replace"):
            return
        sleep(0.1)
    raise StartError("the platform did not start", output.read_text(errors="replace")[-2000:])


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
