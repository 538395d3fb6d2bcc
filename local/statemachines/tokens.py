"""Task tokens: what a task handed out, and the answers and heartbeats that came back for it."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

from local.awsapi import ApiError
from local.clock import Clock
from local.statemachines import timing
from local.statemachines.errors import HEARTBEAT_TIMEOUT, StateError

_FORM = re.compile(r"AQ[0-9a-f]{64}")


class _Signal(NamedTuple):
    kind: Literal["success", "failure", "heartbeat"]
    output: Any = None
    error: str = ""
    cause: str = ""


class Tokens:
    """The tokens that are waited for; one that was answered, or given up, is gone."""

    def __init__(self, clock: Clock, unique: Callable[[], str]) -> None:
        self._clock = clock
        self._unique = unique
        self._open: dict[str, asyncio.Queue[_Signal]] = {}
        self._answered: set[str] = set()

    @contextmanager
    def opened(self) -> Iterator[str]:
        token = f"AQ{self._unique()}{self._unique()}".replace("-", "")
        self._open[token] = asyncio.Queue()
        try:
            yield token
        finally:
            del self._open[token]
            self._answered.discard(token)

    async def wait(self, token: str, heartbeat: float | None) -> Any:
        """The output that was sent for `token`. Raises StateError."""
        signals = self._open[token]
        while True:
            try:
                signal = await timing.within(self._clock, heartbeat, signals.get())
            except timing.Expired:
                cause = f"No heartbeat came within {heartbeat} s."
                raise StateError(HEARTBEAT_TIMEOUT, cause) from None
            if signal.kind == "success":
                return signal.output
            if signal.kind == "failure":
                raise StateError(signal.error, signal.cause)

    def succeed(self, token: str, output: Any) -> None:
        self._find(token).put_nowait(_Signal("success", output))
        self._answered.add(token)

    def fail(self, token: str, error: str, cause: str) -> None:
        self._find(token).put_nowait(_Signal("failure", None, error, cause))
        self._answered.add(token)

    def beat(self, token: str) -> None:
        self._find(token).put_nowait(_Signal("heartbeat"))

    def _find(self, token: str) -> asyncio.Queue[_Signal]:
        if token in self._open and token not in self._answered:
            return self._open[token]
        if _FORM.fullmatch(token):
            message = "Task Timed Out: 'Provided task does not exist anymore'"
            raise ApiError("TaskTimedOut", message)
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
