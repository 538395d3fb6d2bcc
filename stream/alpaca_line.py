"""The connection to Alpaca's live data: kept up, whatever happens to it."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from random import SystemRandom
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from stream.alpaca_wire import (
    LiveError,
    Message,
    Said,
    authentication,
    messages_in,
    subscription,
)
from stream.settings import AlpacaSettings

log = logging.getLogger(__name__)
# What the library would tell of frames, at whatever level: there are keys in them.
_SILENT = logging.getLogger("stream.alpaca_line.frames")
_SILENT.disabled = True

_ANSWER_WITHIN = 10.0
_PING_EVERY = 2.0
_PONG_WITHIN = 3.0
_LONGEST_FRAME = 1 << 22
_ALREADY_AUTHENTICATED = 403
# These are mended by people, not by trying again soon: wrong keys, a plan that does not have the
# data, too many symbols, a request that the feed does not know.
_FOR_PEOPLE = {400, 402, 405, 408, 409, 410}
_FOR_PEOPLE_WAIT = timedelta(minutes=1)
_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(seconds=30)


class Waits(NamedTuple):
    """Before the next attempt: `first`, doubled up to `longest`; `for_people` to mend something.

    Of each a random share of at least half is waited, so that many clients do not come at once.
    """

    first: timedelta = _FIRST_WAIT
    longest: timedelta = _LONGEST_WAIT
    for_people: timedelta = _FOR_PEOPLE_WAIT

    def after(self, failures: int, *, for_people: bool) -> float:
        doubled: timedelta = self.first * (1 << min(failures, 16))
        wait = self.for_people if for_people else min(doubled, self.longest)
        return wait.total_seconds() * SystemRandom().uniform(0.5, 1.0)


class RefusedError(Exception):
    """The source said no, by a code of its documentation."""

    def __init__(self, error: LiveError) -> None:
        super().__init__(f"{error.code} {error.message}")
        self.code = error.code


class AlpacaLine:
    """Gives every message on, in order, and says when the connection was lost."""

    def __init__(
        self,
        settings: AlpacaSettings,
        counts: Counter[str],
        waits: Waits | None = None,
    ) -> None:
        self._settings = settings
        self._counts = counts
        self._waits = waits or Waits()

    async def run(
        self,
        take: Callable[[list[Message]], Awaitable[None]],
        lost: Callable[[], Awaitable[None]],
    ) -> None:
        """Until it is cancelled."""
        failures = 0
        while True:
            for_people, subscribed = False, False
            try:
                async with aclosing(self._connected()) as frames:
                    async for messages in frames:
                        if not subscribed:
                            subscribed, failures = True, 0
                        await take(messages)
            except RefusedError as error:
                for_people = error.code in _FOR_PEOPLE
                self._failed(f"refused_{error.code}", str(error))
            except (
                OSError,
                TimeoutError,
                WebSocketException,
                InvalidHandshake,
                InvalidURI,
            ) as error:
                # Of the error only its kind: its text may quote what was sent.
                self._failed("unreachable", type(error).__name__)
            if subscribed:
                await lost()
            await asyncio.sleep(self._waits.after(failures, for_people=for_people))
            failures += 1

    async def _connected(self) -> AsyncGenerator[list[Message], None]:
        """Frames after everything was agreed; the first is the answer to the subscription."""
        async with connect(
            self._settings.url,
            compression=None,
            open_timeout=_ANSWER_WITHIN,
            ping_interval=_PING_EVERY,
            ping_timeout=_PONG_WITHIN,
            close_timeout=1.0,
            max_size=_LONGEST_FRAME,
            logger=_SILENT,
        ) as connection:
            await self._agree(connection, "connected")
            await connection.send(authentication(self._settings.key, self._settings.secret))
            await self._agree(connection, "authenticated")
            await connection.send(subscription(self._settings.symbols))
            yield await self._agree(connection, "subscription")
            self._counts["connections"] += 1
            log.info("the source of quotes is connected")
            while True:
                yield self._read(await connection.recv())

    async def _agree(self, connection: ClientConnection, what: str) -> list[Message]:
        """The frame that says `what`."""
        async with asyncio.timeout(_ANSWER_WITHIN):
            while True:
                messages = self._read(await connection.recv())
                if any(isinstance(each, Said) and each.what == what for each in messages):
                    return messages

    def _read(self, frame: str | bytes) -> list[Message]:
        """Raises RefusedError."""
        messages, unreadable = messages_in(frame)
        if unreadable:
            self._counts["unreadable"] += unreadable
        for each in messages:
            if isinstance(each, LiveError) and each.code != _ALREADY_AUTHENTICATED:
                raise RefusedError(each)
            if isinstance(each, Said) and each.what == "subscription":
                self._check(each.symbols)
        return messages

    def _check(self, symbols: frozenset[str]) -> None:
        if missing := set(self._settings.symbols) - symbols:
            log.warning("not all was subscribed", extra={"fields": {"missing": sorted(missing)}})

    def _failed(self, kind: str, reason: str) -> None:
        self._counts[kind] += 1
        log.warning("the source of quotes does not serve", extra={"fields": {"reason": reason}})
