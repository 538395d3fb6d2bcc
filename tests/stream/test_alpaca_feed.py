"""The feed against a server of the protocol that misbehaves: right again in the end."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from hub.domain.market.calendar import Calendar, Session
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.alpaca_feed import AlpacaFeed
from stream.alpaca_line import Waits
from stream.feed import Event
from tests.stream.alpaca import SECRET, FakeAlpaca, fake_alpaca, quote, trade
from tests.stream.servers import eventually

SOON = Waits(timedelta(milliseconds=20), timedelta(milliseconds=80), timedelta(milliseconds=40))


class Listener:
    """Runs a feed in a session that goes on for hours, and keeps what it tells."""

    def __init__(self, server: FakeAlpaca, key: str = "PKFAKE") -> None:
        now = datetime.now(UTC)
        hours = timedelta(hours=3)
        session = Session("XNYS", date(2012, 6, 1), now - hours, now + hours)
        self.counts: Counter[str] = Counter()
        settings = server.settings("AAPL", "IBM", key=key)
        self.feed = AlpacaFeed(Calendar([session]), settings, self.counts, None, SOON)
        self.told: list[Event] = []

    async def run(self) -> None:
        async for batch in self.feed.batches():
            self.told += batch

    def quotes(self) -> list[str]:
        """The bids that were told, each once."""
        found = {each.quote_id: str(each.bid) for each in self.told if isinstance(each, Quote)}
        return list(found.values())

    def trades(self) -> list[str]:
        return [str(each.price) for each in self.told if isinstance(each, Trade)]


@asynccontextmanager
async def listening(server: FakeAlpaca, key: str = "PKFAKE") -> AsyncIterator[Listener]:
    listener = Listener(server, key)
    running = asyncio.ensure_future(listener.run())
    try:
        yield listener
    finally:
        running.cancel()
        await asyncio.wait({running})
    if not running.cancelled():
        running.result()


def now() -> str:
    return datetime.now(UTC).isoformat()


async def test_it_authenticates_subscribes_and_tells_quotes_and_trades():
    async with fake_alpaca() as server, listening(server) as listener:
        await eventually(lambda: server.streams)
        await server.tell(quote("AAPL", 10.5, 10.52, now()), trade("AAPL", 10.51, now()))
        await eventually(listener.trades)

    assert server.subscribed[0]["quotes"] == ["AAPL", "IBM"]
    assert (listener.quotes(), listener.trades()) == (["10.5"], ["10.51"])
    assert listener.counts == {"connections": 1}
    assert not listener.feed.course().virtual
    assert listener.feed.clock().speed == 1.0


async def test_messagepack_is_read_where_it_is_sent():
    async with fake_alpaca() as server, listening(server) as listener:
        server.binary = True
        await eventually(lambda: server.streams)
        await server.tell(quote("AAPL", 10.5, 10.52, now()))
        await eventually(listener.quotes)

    assert listener.quotes() == ["10.5"]


async def test_after_a_broken_line_it_comes_back_and_subscribes_again():
    async with fake_alpaca() as server, listening(server) as listener:
        for bid in ("10", "11", "12"):
            await eventually(lambda: server.streams)
            await server.tell(quote("AAPL", int(bid), 20, now()))
            await eventually(lambda: listener.quotes()[-1:] == [bid])  # noqa: B023
            [before] = server.streams
            await server.drop()
            # It may be back before anybody has looked.
            await eventually(lambda: before not in server.streams)  # noqa: B023
        await eventually(lambda: listener.counts["connections"] == 4)

    assert listener.quotes() == ["10", "11", "12"]
    assert len(server.subscribed) == 4
    assert listener.counts["connections_lost"] == 3


async def test_a_server_that_is_down_is_asked_until_it_is_up():
    async with fake_alpaca() as server:
        await server.stop()
        async with listening(server) as listener:
            await eventually(lambda: listener.counts["unreachable"] >= 3)
            await server.start()
            await eventually(lambda: listener.counts["connections"])

    assert listener.counts["connections"] == 1


@pytest.mark.parametrize("code", [401, 404, 406, 407, 500])
async def test_what_heals_by_itself_is_tried_again(code: int):
    async with fake_alpaca() as server:
        server.refuse_auth = code
        async with listening(server) as listener:
            await eventually(lambda: server.attempts >= 3)
            server.refuse_auth = None
            await eventually(lambda: listener.counts["connections"])

    assert listener.counts[f"refused_{code}"] >= 2
    assert listener.counts["connections"] == 1


@pytest.mark.parametrize("code", [400, 405, 409])
async def test_a_refused_subscription_waits_for_people_and_is_tried_again(code: int):
    async with fake_alpaca() as server:
        server.refuse_subscription = code
        async with listening(server) as listener:
            await eventually(lambda: listener.counts[f"refused_{code}"] >= 2)
            server.refuse_subscription = None
            await eventually(lambda: listener.counts["connections"])

    assert listener.counts["connections"] == 1


async def test_wrong_keys_are_told_and_shown_nowhere(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    async with fake_alpaca() as server, listening(server, key="PKOTHER") as listener:
        await eventually(lambda: listener.counts["refused_402"] >= 2)

    ours = [each for each in caplog.records if not each.name.startswith("websockets.server")]
    said = "\n".join(f"{each.getMessage()} {each.__dict__}" for each in ours)
    assert "402" in said
    assert SECRET not in said
    assert "PKOTHER" not in said


async def test_a_second_connection_is_refused_until_the_first_has_gone():
    async with fake_alpaca() as server:
        async with listening(server):
            await eventually(lambda: server.streams)
            async with listening(server) as second:
                await eventually(lambda: second.counts["refused_406"] >= 2)
                await server.drop()
                await eventually(lambda: server.attempts > 4)
        assert second.counts["refused_406"] >= 2


async def test_an_error_in_the_midst_of_it_means_to_begin_anew():
    async with fake_alpaca() as server, listening(server) as listener:
        await eventually(lambda: server.streams)
        await server.tell({"T": "error", "code": 407, "msg": "slow client"})
        await eventually(lambda: len(server.subscribed) == 2)
        await server.tell({"T": "error", "code": 403, "msg": "already authenticated"})
        await eventually(lambda: server.streams)
        await server.tell(quote("IBM", 10, 11, now()))
        await eventually(listener.quotes)

    assert len(server.subscribed) == 2
    assert listener.counts["refused_407"] == 1


async def test_nonsense_is_counted_and_what_follows_is_told():
    async with fake_alpaca() as server, listening(server) as listener:
        await eventually(lambda: server.streams)
        for frame in ("no json", b"\xc1", "[]", '[{"T":"q"}]', '[{"T":"weather"}]'):
            await server.raw(frame)
        early = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        its = quote("AAPL", 10, 11, now())
        await server.tell(quote("AAPL", 12, 11, now()), quote("AAPL", 0, 11, now()), its, its)
        await server.tell(quote("AAPL", 9, 11, early))
        await eventually(listener.quotes)
        await eventually(lambda: listener.counts["late_quotes"])

    assert listener.quotes() == ["10"]
    assert listener.counts == {
        "connections": 1,
        "unreadable": 3,
        "crossed_quotes": 1,
        "zero_quotes": 1,
        "same_quotes": 1,
        "late_quotes": 1,
    }


async def test_batches_come_while_the_source_is_silent():
    async with fake_alpaca() as server:
        server.silent = True
        listener = Listener(server)
        batches = listener.feed.batches()
        async with asyncio.timeout(20):
            for _ in range(3):
                assert await anext(batches) == []
        await batches.aclose()  # type: ignore[attr-defined]


def test_attempts_become_rarer_and_are_spread():
    waits = Waits()
    first = [waits.after(0, for_people=False) for _ in range(50)]
    later = [waits.after(9, for_people=False) for _ in range(50)]

    assert 0.5 <= min(first) < max(first) <= 1.0
    assert 15 <= min(later) < max(later) <= 30
    assert 30 <= waits.after(0, for_people=True) <= 60
