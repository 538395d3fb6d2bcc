"""A server that the task can do without for a while, and what is known of it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hub.domain.kernel import UnavailableError

T = TypeVar("T")
log = logging.getLogger(__name__)

_ANSWER_WITHIN = 1.0
RETRY_AFTER = 1.0


class Link:
    """Calls to one server. Its loss is told once in the log, and so is its return.

    `up` is None until it was called.
    """

    def __init__(self, name: str, failures: tuple[type[Exception], ...]) -> None:
        self.name = name
        self.up: bool | None = None
        self._failures: tuple[type[Exception], ...] = (TimeoutError, OSError, *failures)
        self._retry_at = 0.0

    async def attempt(self, call: Callable[[], Awaitable[T]]) -> T:
        """What `call` returns. Raises UnavailableError, at once when it failed a moment ago."""
        if time.monotonic() < self._retry_at:
            raise UnavailableError(f"{self.name} did not answer a moment ago")
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                result = await call()
        except self._failures as error:
            self._tell(up=False, reason=type(error).__name__)
            self._retry_at = time.monotonic() + RETRY_AFTER
            raise UnavailableError(f"{self.name} does not answer") from error
        self._tell(up=True)
        return result

    def _tell(self, *, up: bool, reason: str = "") -> None:
        if up == self.up:
            return
        self.up = up
        if up:
            log.info("%s answers", self.name)
        else:
            log.warning("%s does not answer", self.name, extra={"fields": {"reason": reason}})
