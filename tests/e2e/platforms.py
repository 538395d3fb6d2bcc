"""The platform as a child process, as `./dev run` starts it, and a customer of it."""

import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, NamedTuple

from local.services.ports import known_ports
from local.services.postgres import Postgres
from tests.services.processes import processes_of, wait_until

ROOT = Path(__file__).parents[2]
PASSWORD = "a password for a test"
START_SECONDS = 90.0
_numbers = itertools.count(1)


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


class Platform:
    """One state folder and four ports, whatever runs there."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.api_port, self.websocket_port, self.stream_port, self.grpc_port = free_ports(4)
        self._options = options
        # What a test wants to find nowhere when all is over.
        self.canaries: set[str] = set()
        self.process: subprocess.Popen[bytes] | None = None
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.output = folder.with_name(folder.name + ".out")

    @property
    def said(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    @property
    def database_url(self) -> str:
        return Postgres(self.folder).running_url()

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{known_ports(self.folder)['valkey']}/0"

    def environment(self) -> dict[str, str]:
        own = {"HUB_STATE": str(self.folder), "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'hub'}"}
        return {**os.environ, **own}

    def command(self, verb: str) -> list[str]:
        ports = {
            "api": self.api_port,
            "websocket": self.websocket_port,
            "stream": self.stream_port,
            "grpc": self.grpc_port,
        }
        words = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
        return [sys.executable, "-m", "local.cli", verb, *words, *self._options]

    def launch(self, output: "IO[bytes] | int | None" = None) -> "subprocess.Popen[bytes]":
        """Start it, in a session of its own, and do not wait."""
        with self.output.open("wb") as kept:
            self.process = subprocess.Popen(
                self.command("run"),
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output if output is not None else kept,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.process

    def start(self) -> None:
        process = self.launch()
        wait_until(lambda: "Ready in" in self.said or process.poll() is not None, START_SECONDS)
        assert "Ready in" in self.said, self.said

    def end(self, number: signal.Signals = signal.SIGINT, within: float = 20.0) -> int:
        """The exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(within)

    def kill(self) -> None:
        """As a crash does: nothing of it gets to clean up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def run(self, verb: str) -> "subprocess.CompletedProcess[str]":
        return self._verb(self.command(verb))

    def grant(self, email: str) -> None:
        """Make a customer an administrator; they have to log in again."""
        done = self._verb([sys.executable, "-m", "local.cli", "admin", "grant", email])
        assert done.returncode == 0, done.stderr

    def _verb(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def violations(self) -> str:
        """What `verify` has to say if an invariant is broken; else nothing."""
        done = self.run("verify")
        return "" if done.returncode == 0 and "0 violations" in done.stdout else done.stdout

    def is_gone(self) -> bool:
        return processes_of(self.folder) == {}

    def discard(self) -> None:
        """At the end of a test: nothing of it may stay, also where the test failed."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        wait_until(self.is_gone, 15)


class Customer:
    """Registered, logged in; with cash where it is asked for."""

    def __init__(self, port: int, *, cash: str = "") -> None:
        self._port = port
        self.email = f"customer-{os.getpid()}-{next(_numbers)}-{time.time_ns()}@hub.example"
        identity = {"email": self.email, "password": PASSWORD, "name": "Ada"}
        self.registered = ask(port, "POST", "/auth/register", identity)
        assert self.registered.status == 201, self.registered
        self.account_id: str = self.registered.body["account_id"]
        self.log_in()
        if cash:
            path = f"/accounts/{self.account_id}/deposits"
            assert self.post(path, {"amount": cash}).status == 201

    def log_in(self) -> None:
        credentials = {"email": self.email, "password": PASSWORD}
        self.logged_in = ask(self._port, "POST", "/auth/login", credentials)
        assert self.logged_in.status == 200, self.logged_in
        self.token: str = self.logged_in.body["access_token"]

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, body: Any) -> Answer:
        return self.ask("POST", path, body)

    def put(self, path: str) -> Answer:
        return self.ask("PUT", path)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        authorization = {"Authorization": f"Bearer {self.token}"}
        return ask(self._port, method, path, body, {**authorization, **headers})

    def order(self, **fields: object) -> Answer:
        order = {"symbol": "AAPL", "side": "buy", "type": "market", "quantity": "1"}
        return self.post("/orders", {**order, **fields})

    def ended(self, order_id: str, within: float = 30.0) -> dict[str, Any]:
        """The order, once it has reached its end."""
        seen: list[dict[str, Any]] = []

        def has_ended() -> bool:
            seen.append(self.get(f"/orders/{order_id}").body)
            return seen[-1]["status"] in {"EXECUTED", "FAILED", "CANCELLED"}

        wait_until(has_ended, within)
        return seen[-1]


def ask(
    port: int,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request. A body of bytes goes out as it is, another one as JSON."""
    given = dict(headers or {})
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    if data is not None:
        given.setdefault("Content-Type", "application/json")
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request(method, f"/api/v1{path}", data, given)
        response = line.getresponse()
        text = response.read()
        kind = response.getheader("Content-Type") or ""
        parsed = json.loads(text) if "json" in kind else text.decode()
        return Answer(response.status, parsed, {k.lower(): v for k, v in response.getheaders()})
    finally:
        line.close()


def free_ports(count: int) -> list[int]:
    """Different ones: all are held until the last is known."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
