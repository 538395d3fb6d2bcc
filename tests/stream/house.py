"""The doors of the stream task alone, in the test's own loop: no feed, no PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from hub.domain.market.calendar import Calendar
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.api_keys import Keys
from stream.board import Board
from stream.counts import Counts
from stream.guests import Guests
from stream.http import Front
from stream.redis_market import RedisMarket
from stream.requests import Terms
from stream.seats import Seats
from stream.session import House
from stream.status import Status
from stream.updates import Content, Numbers
from tests.stream.market import utc
from tests.stream.program import verify
from tests.stream.servers import TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}
NOON = utc("2012-06-01T16:00")


class OpenHouse:
    """A house and its front, with something to tell."""

    def __init__(
        self,
        redis_url: str = "redis://127.0.0.1:1/0",
        most: int = 20,
        *,
        redistributes: bool = True,
        keys: Keys | None = None,
        seats: Seats | None = None,
    ) -> None:
        self.market = RedisMarket(redis_url)
        self.board = Board()
        self.counts = Counts()
        terms = Terms(frozenset({"AAPL", "MSFT", "IBM"}))
        guests = Guests(verify, self.market.tickets(), most, redistributes=redistributes, keys=keys)
        self.house = House(self.board, guests, terms, self.counts, seats or Seats())
        self.status = Status(self.board, Calendar([]), ())
        self.front = Front(self.status, self.house)
        self.port = 0
        self._numbers = Numbers(1)

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.port}"

    def tell(self, *contents: Content) -> None:
        for update in self._numbers.number(contents):
            self.board.put(update)

    def skip(self, *contents: Content) -> None:
        """What others are told, and this task is not."""
        self._numbers.number(contents)


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[OpenHouse]:
    house = OpenHouse(**settings)
    house.port = await house.front.start("127.0.0.1", 0)
    yield house
    house.front.stop_accepting()
    await house.front.close()
    await house.market.close()


def quote(symbol: str = "AAPL", bid: str = "10.00") -> Quote:
    price, size = Decimal(bid), Decimal(100)
    return Quote("q", symbol, price, price, price, size, size, NOON)


def trade(number: int, symbol: str = "AAPL") -> Trade:
    return Trade(f"t-{number}", symbol, Decimal("10.00"), Decimal(5), NOON)


async def stream_of(house: OpenHouse, path: str = "/stream", **options: Any) -> ClientConnection:
    """Connected and authenticated."""
    stream = await connect(
        f"ws://{house.url}{path}", additional_headers=BEARER, compression=None, **options
    )
    await stream.recv()
    return stream


async def say(stream: ClientConnection, **message: Any) -> None:
    await stream.send(json.dumps(message))


async def hear(stream: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(5):
        return dict(json.loads(await stream.recv()))
