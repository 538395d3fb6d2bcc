"""Invokes functions as Lambda does: warm environments, real time-outs, errors by true names."""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.functions.errors import FunctionError, UnknownFunctionError
from local.functions.fleet import Fleet, Pool
from local.functions.frames import Head
from local.functions.process import (
    Environment,
    EnvironmentEndedError,
    ForkServer,
    base_environment,
)
from local.functions.variables import function_variables
from local.functions.watch import Fingerprint, fingerprint
from local.template.model import FunctionSpec

_INIT_LIMIT = 10.0
# More starts at once than processors only make each other late, until all of them are killed at
# their limit, and begin again: after a crash under load the platform would not come back.
_STARTS_AT_ONCE = 2 * (os.cpu_count() or 1)
_LOG = logging.getLogger(__name__)


class Functions:
    """The functions of one template. `invoke` wants a logical id, a name or an ARN."""

    def __init__(
        self,
        specs: Mapping[str, FunctionSpec],
        *,
        state: Path,
        environment: Mapping[str, str] | None = None,
        preload: Sequence[str] = (),
        concurrency: int = 8,
        capacity: int = 64,
        idle: float = 300.0,
        watch: float | None = 1.0,
    ) -> None:
        self._given = dict(environment or {})
        self._preload = list(preload)
        self._logs = state / "logs"
        self._idle = idle
        self._watch = watch
        self._pools = {
            name: Pool(spec, spec.max_concurrency or concurrency) for name, spec in specs.items()
        }
        self._names = _names(specs)
        self._fleet = Fleet(self._pools.values(), capacity)
        self._server: ForkServer | None = None
        self._old_servers: list[ForkServer] = []
        self._starting = asyncio.Lock()
        self._starts = asyncio.Semaphore(_STARTS_AT_ONCE)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        self._logs.mkdir(parents=True, exist_ok=True)
        await self._forks()
        self._in_background(self._retire_idle())
        if self._watch is not None:
            self._in_background(self._watch_files(self._watch))

    async def close(self) -> None:
        """End every environment and the fork server, also those at work."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in (*self._old_servers, *([self._server] if self._server else [])):
            server.on_end = lambda: None
            await server.close()

    def logical_id(self, name: str) -> str:
        """The function that a logical id, name or ARN (also with a qualifier) means."""
        if name.startswith("arn:"):
            name = ":".join(name.split(":")[:7])
        known = self._names.get(name) or self._names.get(name.partition(":")[0])
        if known is None:
            raise UnknownFunctionError(name)
        return known

    async def invoke(self, name: str, event: Any) -> Any:
        """The handler's answer. Raises FunctionError, UnknownFunctionError."""
        return json.loads(await self.run(name, json.dumps(event).encode()))

    async def run(
        self, name: str, payload: bytes, *, request_id: str = "", trace_id: str = ""
    ) -> bytes:
        """`invoke` for JSON text. The function goes on when the caller stops waiting."""
        pool = self._pools[self.logical_id(name)]
        head = {
            "request_id": request_id or str(uuid.uuid4()),
            "trace_id": trace_id or _trace_id(),
            "arn": pool.spec.arn,
        }
        return await asyncio.shield(self._keep(self._run(pool, head, payload)))

    def reload(self, name: str | None = None) -> None:
        """Calls from now on meet fresh code, of one function or of all."""
        pools = self._pools.values() if name is None else [self._pools[self.logical_id(name)]]
        for pool in pools:
            self._fleet.renew(pool)

    def restart(self) -> None:
        """Import the shared modules anew, too: a layer has changed."""
        if self._server is not None:
            server, self._server = self._server, None
            self._set_aside(server)
            server.retire()
        self.reload()

    async def _run(self, pool: Pool, head: Head, payload: bytes) -> bytes:
        environment = await self._fleet.take(pool)
        if environment is None:
            async with self._starts:
                environment = await self._new_environment(pool, head["request_id"])
        head["deadline"] = time.time() + pool.spec.timeout
        try:
            async with asyncio.timeout(pool.spec.timeout):
                answer, body = await environment.call(head, payload)
        except BaseException as error:
            try:
                await _explain(error, environment, head["request_id"], pool.spec.timeout)
            finally:
                environment.kill()
                self._fleet.leave(pool)
            raise
        self._fleet.give_back(pool, environment)
        _check(answer["ok"], body)
        return body

    async def _new_environment(self, pool: Pool, request_id: str) -> Environment:
        environment: Environment | None = None
        generation = pool.generation
        try:
            server = await self._forks()
            async with asyncio.timeout(_INIT_LIMIT):
                environment = await server.spawn(self._start_of(pool.spec))
                environment.generation = generation
                answer, body = await environment.ready()
            _check(answer["ready"], body)
        except BaseException as error:
            try:
                await _explain(error, environment, request_id, _INIT_LIMIT)
            finally:
                if environment is not None:
                    environment.kill()
                self._fleet.leave(pool)
            raise
        return environment

    def _start_of(self, spec: FunctionSpec) -> Head:
        return {
            "handler": spec.handler,
            "paths": [str(spec.code_uri), *map(str, spec.layers)],
            "log": str(self._logs / f"{spec.logical_id}.log"),
            "environment": {
                **base_environment(),
                **spec.environment,
                **self._given,
                **function_variables(spec, self._given),
            },
        }

    async def _forks(self) -> ForkServer:
        async with self._starting:
            if self._server is None or not self._server.alive:
                self._server = await ForkServer.start(
                    preload=self._preload,
                    paths=[str(layer) for layer in self._layers()],
                    environment=base_environment(),
                    log=self._logs / "forkserver.log",
                )
                self._server.on_end = self._server_ended
            return self._server

    def _server_ended(self) -> None:
        if self._server is not None and not self._server.alive:
            _LOG.warning("the fork server ended; starting another")
            self._set_aside(self._server)
            self._server = None
            self.reload()
            self._in_background(self._forks())

    def _set_aside(self, server: ForkServer) -> None:
        self._old_servers = [one for one in self._old_servers if not one.gone()] + [server]

    def _layers(self) -> list[Path]:
        return list(dict.fromkeys(one for pool in self._pools.values() for one in pool.spec.layers))

    async def _retire_idle(self) -> None:
        while True:
            await asyncio.sleep(min(self._idle, 15.0))
            self._fleet.retire_idle(asyncio.get_running_loop().time() - self._idle)

    async def _watch_files(self, interval: float) -> None:
        layers = self._layers()
        folders = list(dict.fromkeys(pool.spec.code_uri for pool in self._pools.values()))
        seen = await asyncio.to_thread(_fingerprints, [*layers, *folders])
        while True:
            await asyncio.sleep(interval)
            now = await asyncio.to_thread(_fingerprints, [*layers, *folders])
            changed = {folder for folder in now if now[folder] != seen[folder]}
            seen = now
            if changed.intersection(layers):
                self.restart()
            for name, pool in self._pools.items():
                if pool.spec.code_uri in changed:
                    self.reload(name)

    def _keep(self, work: Any) -> "asyncio.Task[Any]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _in_background(self, work: Any) -> None:
        self._keep(work).add_done_callback(_report)

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()


def _report(ended: "asyncio.Task[Any]") -> None:
    if not ended.cancelled() and (error := ended.exception()) is not None:
        _LOG.error("the executor lost a part of itself", exc_info=error)


async def _explain(
    error: BaseException, environment: Environment | None, request_id: str, limit: float
) -> None:
    """Raise what Lambda would say, when the error is one of the process and not of the code.

    A process that is ending by itself must not be killed before its status is known.
    """
    if isinstance(error, TimeoutError):
        text = f"RequestId: {request_id} Error: Task timed out after {limit:.2f} seconds"
        raise FunctionError("Sandbox.Timedout", text) from None
    if isinstance(error, EnvironmentEndedError):
        status: int | None = None
        if environment is not None:
            with contextlib.suppress(TimeoutError):
                status = await asyncio.wait_for(asyncio.shield(environment.exit), 1.0)
        text = f"RequestId: {request_id} Error: {_exit_text(status)}"
        raise FunctionError("Runtime.ExitError", text) from None


def _exit_text(status: int | None) -> str:
    if status is None or status == -9:
        return "Runtime exited with error: signal: killed"
    if status < 0:
        return f"Runtime exited with error: signal: {-status}"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    return "Runtime exited without providing a reason"


def _check(good: bool, body: bytes) -> None:
    if not good:
        failure = json.loads(body)
        raise FunctionError(failure["errorType"], failure["errorMessage"], failure["stackTrace"])


def _fingerprints(folders: list[Path]) -> dict[Path, Fingerprint]:
    return {folder: fingerprint(folder) for folder in folders}


def _names(specs: Mapping[str, FunctionSpec]) -> dict[str, str]:
    names = {}
    for logical_id, spec in specs.items():
        names.update({spec.arn: logical_id, spec.name: logical_id, logical_id: logical_id})
    return names


def _trace_id() -> str:
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0"
