"""Puts the task together, and ends it in order."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import grpc.aio
from websockets.asyncio.server import Server

from hub.domain.kernel import UnavailableError
from hub.domain.market.calendar import Calendar
from hub.domain.market.clock import MarketClock
from stream.board import Board
from stream.feed import Feed
from stream.grpc_market import grpc_server
from stream.http import CLOSE_WITHIN, listen
from stream.leader import Leader, Observers
from stream.lease import Lease
from stream.postgres_clock import PostgresClock
from stream.recorded import read_bars, read_sessions
from stream.redis_market import RedisMarket
from stream.replay_feed import ReplayFeed
from stream.scripted_feed import ScriptedFeed
from stream.settings import StreamSettings
from stream.status import Status
from stream.tape import Tape
from stream.websocket import Verify

log = logging.getLogger(__name__)

_SERVICE_RESTART = 1012
_DRAIN_WITHIN = 3.0
_RETRY_AFTER = 1.0


async def run(settings: StreamSettings, verify: Verify, observers: Observers | None = None) -> None:
    """Runs until SIGTERM or SIGINT. An error that nobody expected ends it and is raised."""
    scripted = settings.feed == "scripted"
    market = RedisMarket(settings.redis_url)
    clocks = PostgresClock(settings.database_url, may_go_back=scripted)
    observers = observers or Observers()
    source = (_script if scripted else _replay)(settings, market, observers)
    status = Status(Board(), source.calendar, (market.link, clocks.link))
    leader = Leader(market, clocks, status, observers, source.open)
    works = (
        Lease(market, leader.lead, leader.halt).run(),
        follow_quotes(market, status),
        follow_clock(market, status),
    )
    try:
        await _serve(settings, verify, status, works)
    finally:
        await market.close()
        await clocks.close()


async def follow_quotes(market: RedisMarket, status: Status) -> None:
    """Puts what any leader publishes on the board; after a gap, all of the latest first."""
    while True:
        try:
            for quote in await market.quotes():
                status.board.put(quote)
            async for published in market.follow():
                if published is not None and not status.leader:
                    status.board.put(published)
                    status.quoted_at = datetime.now(UTC)
        except UnavailableError:
            await asyncio.sleep(_RETRY_AFTER)


async def follow_clock(market: RedisMarket, status: Status) -> None:
    """Reads the leader's clock where this task does not lead."""
    while True:
        if not status.leader:
            with suppress(UnavailableError):
                status.clock = await market.load_clock()
        await asyncio.sleep(_RETRY_AFTER)


class Source(NamedTuple):
    """Where the feed comes from: the sessions that it covers, and how it is opened."""

    calendar: Calendar
    open: Callable[[MarketClock | None], Feed]


def _replay(settings: StreamSettings, _market: RedisMarket, _observers: Observers) -> Source:
    sessions = read_sessions(settings.data_dir / "sessions.csv.gz")
    bars = read_bars(settings.data_dir / "us_stocks_daily.csv.gz", settings.replay_start)
    tape = Tape(bars, sessions)
    return Source(tape.calendar, lambda stored: ReplayFeed(tape, settings, stored))


def _script(settings: StreamSettings, market: RedisMarket, observers: Observers) -> Source:
    calendar = Calendar(read_sessions(settings.data_dir / "sessions.csv.gz"))
    return Source(
        calendar,
        lambda stored: ScriptedFeed(calendar, settings, market, observers.all_settled, stored),
    )


async def _serve(
    settings: StreamSettings,
    verify: Verify,
    status: Status,
    works: tuple[Awaitable[None], ...],
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks: set[asyncio.Future[Any]] = {asyncio.ensure_future(work) for work in works}
    stopping = asyncio.ensure_future(stop.wait())
    sockets = await listen(settings.host, settings.port, status, verify)
    calls, grpc_port = grpc_server(status.board, verify, f"{settings.host}:{settings.grpc_port}")
    await calls.start()
    port = next(iter(sockets.sockets)).getsockname()[1]
    log.info("listening", extra={"fields": {"port": port, "grpc_port": grpc_port}})
    try:
        done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
    finally:
        status.draining = True
        log.info("ending")
        await _end(sockets, calls, {stopping, *tasks})


async def _end(sockets: Server, calls: grpc.aio.Server, tasks: set[asyncio.Future[Any]]) -> None:
    """Within `_DRAIN_WITHIN`: no new clients, the present ones are told to come back."""
    sockets.close(code=_SERVICE_RESTART, reason="the stream restarts: connect again")
    stopping = asyncio.ensure_future(calls.stop(grace=CLOSE_WITHIN))
    for task in tasks:
        task.cancel()
    await asyncio.wait({stopping, *tasks}, timeout=_DRAIN_WITHIN)
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_WITHIN):
            await sockets.wait_closed()
