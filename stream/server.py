"""Puts the task together, and ends it in order."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.domain.kernel import UnavailableError
from hub.domain.market.calendar import Calendar
from stream.account_news import AccountNews
from stream.alpaca_feed import AlpacaFeed
from stream.api_keys import Keys, no_keys
from stream.board import Board
from stream.calls import Calls, FindInstrument
from stream.counts import Counts
from stream.feed import Feed, Stored
from stream.file_tape import FileTape
from stream.guests import Guests, Verify
from stream.http import Front
from stream.known_tokens import KnownTokens
from stream.leader import Leader, Observers
from stream.lease import Lease
from stream.postgres_clock import PostgresClock
from stream.postgres_events import PostgresEvents
from stream.recorded import read_bars, read_sessions
from stream.redis_market import RedisMarket
from stream.replay_feed import ReplayFeed
from stream.requests import Terms
from stream.scripted_feed import ScriptedFeed
from stream.seats import Seats, raise_limit
from stream.session import CLOSE_WITHIN, House
from stream.settings import StreamSettings
from stream.status import Status
from stream.tape import Recording, Tape
from stream.updates import QUOTES, Update

log = logging.getLogger(__name__)

_DRAIN_WITHIN = 3.0
# Clients come back spread over so long, not all at once.
_RETURN_WITHIN_MS = 5_000
_RETRY_AFTER = 1.0


async def run(
    settings: StreamSettings,
    verify: Verify,
    find_instrument: FindInstrument,
    observers: Observers | None = None,
    counts: Counts | None = None,
    *,
    keys: Keys | None = None,
) -> None:
    """Runs until SIGTERM or SIGINT. An error that nobody expected ends it and is raised."""
    raise_limit()
    scripted = settings.feed == "scripted"
    market = RedisMarket(settings.redis_url)
    clocks = PostgresClock(settings.database_url, may_go_back=scripted)
    events = PostgresEvents(settings.database_url)
    observers, counts = observers or Observers(), counts or Counts()
    parts = Parts(market, observers, counts)
    source = _SOURCES[settings.feed](settings, parts)
    status = Status(Board(), source.calendar, (market.link, clocks.link, events.link), counts)
    leader = Leader(market, clocks, status, observers, source.open)
    keys = keys or no_keys()
    guests = Guests(
        KnownTokens(verify), market.tickets(), redistributes=settings.redistributes, keys=keys
    )
    seats = Seats(of_one=settings.connections_per_address)
    house = House(status.board, guests, Terms(source.symbols), counts, seats)
    news = AccountNews(events)
    works = (
        news.follow(),
        Lease(market, leader.lead, leader.halt).run(),
        follow_updates(market, status),
        follow_clock(market, status),
        keys.watch(),
    )
    try:
        calls = _calls(settings, house, find_instrument)
        await _serve(settings, Front(status, house, news), calls, status, works)
    finally:
        await market.close()
        await clocks.close()
        await events.close()


async def follow_updates(market: RedisMarket, status: Status) -> None:
    """Puts what any leader tells on the board: first what stands and what was told lately."""
    while True:
        try:
            for quote in await market.quotes():
                status.board.show(quote)
            last, told = await market.told()
            _put(told, status)
            async for updates in market.follow(last):
                _put(updates, status)
        except UnavailableError:
            await asyncio.sleep(_RETRY_AFTER)


def _put(updates: list[Update], status: Status) -> None:
    if status.leader:
        return
    for update in updates:
        status.board.put(update)
        if update.channel == QUOTES:
            status.quoted_at = datetime.now(UTC)


async def follow_clock(market: RedisMarket, status: Status) -> None:
    """Reads the leader's clock where this task does not lead."""
    while True:
        if not status.leader:
            with suppress(UnavailableError):
                stored = await market.load_clock()
                status.clock = stored.clock if stored else None
        await asyncio.sleep(_RETRY_AFTER)


class Source(NamedTuple):
    """Where the feed comes from: the sessions and symbols that it covers (None: any), and how it is
    opened."""

    calendar: Calendar
    symbols: Collection[str] | None
    open: Callable[[Stored | None], Feed]


class Parts(NamedTuple):
    """What feeds are made of, besides the settings."""

    market: RedisMarket
    observers: Observers
    counts: Counts


def _replay(settings: StreamSettings, parts: Parts) -> Source:
    sessions = read_sessions(settings.data_dir / "sessions.csv.gz")
    bars = read_bars(settings.data_dir / "us_stocks_daily.csv.gz", settings.replay_start)
    return _played(Tape(bars, sessions), settings, parts.market)


def _file(settings: StreamSettings, parts: Parts) -> Source:
    assert settings.feed_file is not None
    sessions = read_sessions(settings.data_dir / "sessions.csv.gz")
    tape = FileTape(settings.feed_file, sessions)
    fields = {"file": settings.feed_file.name, "rows_outside_sessions": tape.outside}
    log.info("the recording can be played", extra={"fields": fields})
    return _played(tape, settings, parts.market)


def _played(tape: Recording, settings: StreamSettings, market: RedisMarket) -> Source:
    return Source(
        tape.calendar,
        tape.symbols,
        lambda stored: ReplayFeed(tape, settings, market.wishes(), stored),
    )


def _script(settings: StreamSettings, parts: Parts) -> Source:
    calendar = Calendar(read_sessions(settings.data_dir / "sessions.csv.gz"))
    market, settled = parts.market, parts.observers.all_settled
    return Source(
        calendar,
        None,
        lambda stored: ScriptedFeed(calendar, settings, market, settled, stored),
    )


def _calls(settings: StreamSettings, house: House, find_instrument: FindInstrument) -> Calls:
    """The one that is not chosen is not imported: the library alone is 20 MB."""
    address = f"{settings.host}:{settings.grpc_port}"
    if settings.grpc == "own":
        from stream.h2.server import OwnCalls  # noqa: PLC0415

        return OwnCalls(house, find_instrument, address)
    from stream.grpc_market import LibraryCalls  # noqa: PLC0415

    return LibraryCalls(house, find_instrument, address)


def _alpaca(settings: StreamSettings, parts: Parts) -> Source:
    alpaca, counts = settings.alpaca, parts.counts.feed
    assert alpaca is not None
    calendar = Calendar(read_sessions(settings.data_dir / "sessions.csv.gz"))
    return Source(
        calendar,
        frozenset(alpaca.symbols),
        lambda stored: AlpacaFeed(calendar, alpaca, counts, stored),
    )


_SOURCES = {"replay": _replay, "file": _file, "alpaca": _alpaca, "scripted": _script}


async def _serve(
    settings: StreamSettings,
    front: Front,
    calls: Calls,
    status: Status,
    works: tuple[Awaitable[None], ...],
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks: set[asyncio.Future[Any]] = {asyncio.ensure_future(work) for work in works}
    stopping = asyncio.ensure_future(stop.wait())
    port = await front.start(settings.host, settings.port)
    await calls.start()
    log.info("listening", extra={"fields": {"port": port, "grpc_port": calls.port}})
    try:
        done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
    finally:
        status.draining = True
        log.info("ending")
        await _end(front, calls, {stopping, *tasks})


async def _end(front: Front, calls: Calls, tasks: set[asyncio.Future[Any]]) -> None:
    """Within `_DRAIN_WITHIN`: no new clients, the present ones are told to come back."""
    front.stop_accepting()
    await calls.drain()
    front.restart(_RETURN_WITHIN_MS)
    stopping = asyncio.ensure_future(calls.stop(grace=CLOSE_WITHIN))
    for task in tasks:
        task.cancel()
    await asyncio.wait({stopping, *tasks}, timeout=_DRAIN_WITHIN)
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_WITHIN):
            await front.drained()
    await front.close()
