"""A platform of the benchmark's own: on free ports, in a folder that goes with it."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from local.client import ApiRefusedError, Client
from local.options import ROOT
from local.services.ports import is_free

_START_SECONDS = 90.0
_STOP_SECONDS = 30.0
# Below those that the system gives to outgoing connections, of which a platform makes many.
_PORTS = range(20_000, 32_000)


class PlatformError(Exception):
    """The platform did not come up; the message has its last words."""


class Platform(NamedTuple):
    """`state` is its folder, where it is ours to look into; then its ports, by name, are known."""

    url: str
    state: Path | None
    ports: Mapping[str, int] = {}


@contextmanager
def own_platform() -> Iterator[Platform]:
    """Market time runs as fast as the wall's, so that the session outlasts the benchmark."""
    with tempfile.TemporaryDirectory() as name:
        state = Path(name) / "state"
        log = Path(name) / "platform.log"
        ports = list(islice(filter(is_free, random.sample(_PORTS, len(_PORTS))), 4))
        named = dict(zip(("api", "websocket", "stream", "grpc"), ports, strict=True))
        command = [
            *(sys.executable, "-m", "local.cli", "run", "--no-demo", "--speed", "1"),
            *(word for name, port in named.items() for word in (f"--{name}-port", str(port))),
        ]
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "HUB_STATE": str(state)},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            platform = Platform(f"http://127.0.0.1:{ports[0]}", state, named)
            _wait(platform, process, log)
            yield platform
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            process.kill()
            process.wait()


def _wait(platform: Platform, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _trades(platform):
        if process.poll() is not None or time.monotonic() > deadline:
            raise PlatformError(log.read_text(errors="replace")[-2000:])
        time.sleep(0.1)


def _trades(platform: Platform) -> bool:
    """Whether it is up and shows live quotes."""
    client = Client(platform.url)
    try:
        client.get("/health/ready")
        email = f"probe-{time.time_ns()}@hub.example"
        client.post(
            "/auth/register", {"email": email, "password": "first to look around", "name": "Probe"}
        )
        client.log_in(email, "first to look around")
        return not client.get("/market-data/AAPL")["stale"]
    except (ApiRefusedError, OSError):
        return False
