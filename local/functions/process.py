"""The executor's side of the processes: one fork server, and one connection per environment."""

import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.functions.frames import Frames, Head, pack

_START_LIMIT = 60.0
_ROOT = Path(__file__).resolve().parents[2]
_BOOT = (
    "import json, sys; sys.path.insert(0, sys.argv[1]); "
    "from local.functions.forkserver import main; "
    "main(int(sys.argv[2]), *json.loads(sys.argv[3]))"
)


class EnvironmentEndedError(Exception):
    """The environment's process is gone."""


class Environment(asyncio.Protocol):
    """One environment's process, as seen from the executor. One call at a time."""

    def __init__(self, server: "ForkServer", number: int) -> None:
        self._server = server
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._reply: asyncio.Future[tuple[Head, bytes]] = _future()
        self.number = number
        self.pid: int | None = None
        self.exit: asyncio.Future[int | None] = _future()
        self.generation = 0
        self.idle_since = 0.0

    @property
    def alive(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ready(self) -> tuple[Head, bytes]:
        """The frame that says whether the handler could be loaded."""
        return await self._reply

    async def call(self, head: Head, body: bytes) -> tuple[Head, bytes]:
        if self._transport is None or self._transport.is_closing():
            raise EnvironmentEndedError
        self._reply = _future()
        self._transport.write(pack(head, body))
        return await self._reply

    def close(self) -> None:
        """Let the process end: it sees the end of its socket."""
        if self._transport is not None:
            self._transport.close()

    def kill(self) -> None:
        """End the process now, whatever it is doing, with everything it started."""
        self._server.kill(self)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for frame in self._frames.feed(data):
            if not self._reply.done():
                self._reply.set_result(frame)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        if not self._reply.done():
            self._reply.set_exception(EnvironmentEndedError())
            self._reply.exception()
        self._server.lost(self)


class ForkServer:
    """The process that forks environments. `alive` turns false when it has ended."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control
        self._frames = Frames()
        self._numbers = itertools.count()
        self._environments: dict[int, Environment] = {}
        self._by_pid: dict[int, Environment] = {}
        self._started: asyncio.Future[None] = _future()
        self._retiring = False
        self.alive = True
        self.on_end: Callable[[], None] = lambda: None
        asyncio.get_running_loop().add_reader(control, self._readable)

    @classmethod
    async def start(
        cls,
        *,
        preload: Sequence[str],
        paths: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
    ) -> "ForkServer":
        """Start it and wait until everything is imported."""
        ours, theirs = socket.socketpair()
        arguments = json.dumps([list(preload), list(paths)])
        with theirs, log.open("ab") as output:
            process = subprocess.Popen(  # noqa: ASYNC220 -- returns once the program runs
                [sys.executable, "-P", "-c", _BOOT, str(_ROOT), str(theirs.fileno()), arguments],
                pass_fds=(theirs.fileno(),),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        server = cls(process, ours)
        try:
            async with asyncio.timeout(_START_LIMIT):
                await server._started
        except (TimeoutError, EnvironmentEndedError) as error:
            await server.close()
            raise RuntimeError(f"the fork server did not start; see {log}") from error
        except asyncio.CancelledError:
            await server.close()
            raise
        return server

    @property
    def pid(self) -> int:
        return self._process.pid

    async def spawn(self, head: Head) -> Environment:
        """A new environment's process. Its first frame says whether it is ready."""
        if not self.alive:
            raise EnvironmentEndedError
        environment = Environment(self, next(self._numbers))
        ours, theirs = socket.socketpair()
        request = pack({"id": environment.number, **head})
        try:
            with theirs:
                sent = socket.send_fds(self._control, [request], [theirs.fileno()])
                self._control.sendall(request[sent:])
        except OSError as error:
            ours.close()
            raise EnvironmentEndedError from error
        self._environments[environment.number] = environment
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: environment, sock=ours)
        return environment

    def kill(self, environment: Environment) -> None:
        if self.alive and environment.pid is not None:
            with contextlib.suppress(OSError):
                self._control.sendall(pack({"kill": environment.pid}))

    def lost(self, environment: Environment) -> None:
        self._environments.pop(environment.number, None)
        if self._retiring and not self._environments:
            self._end()

    def retire(self) -> None:
        """End as soon as the environments at work have finished."""
        self._retiring = True
        if not self._environments:
            self._end()

    async def close(self) -> None:
        """End it with all its environments; returns when the process is gone."""
        self._end()
        try:
            await asyncio.to_thread(self._process.wait, 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def _readable(self) -> None:
        try:
            data = self._control.recv(65536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        for head, _ in self._frames.feed(data):
            self._note(head)
        if not data:
            self._end()

    def _note(self, head: Head) -> None:
        if "started" in head:
            self._started.set_result(None)
        elif "spawned" in head:
            if (environment := self._environments.get(head["spawned"])) is not None:
                environment.pid = head["pid"]
                self._by_pid[head["pid"]] = environment
        elif (environment := self._by_pid.pop(head["exited"], None)) is not None:
            _settle(environment.exit, head["status"])

    def _end(self) -> None:
        if not self.alive:
            return
        self.alive = False
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        if not self._started.done():
            self._started.set_exception(EnvironmentEndedError())
            self._started.exception()
        for environment in (*self._environments.values(), *self._by_pid.values()):
            _settle(environment.exit, None)
            environment.close()
        self.on_end()

    def gone(self) -> bool:
        """Whether the process has ended; collects its status, so that no zombie stays."""
        return self._process.poll() is not None


def base_environment() -> dict[str, str]:
    """The little that a function sees of the machine it runs on."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "TZ": ":UTC"}


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


def _settle(future: "asyncio.Future[int | None]", value: int | None) -> None:
    if not future.done():
        future.set_result(value)
