"""The doors of the stream task alone, in the test's own loop: no feed, no PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from hub.application.ports.streaming import AccountEvent
from hub.domain.kernel import AccountId, CustomerId, UnavailableError
from hub.domain.market.calendar import Calendar
from hub.domain.market.quote import Quote
from hub.domain.market.trade import Trade
from stream.account_news import AccountNews, Place
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


class HeldLog:
    """The logs of accounts in memory. While `up` is False it does not answer."""

    def __init__(self) -> None:
        self.up = True
        self.looks = 0
        self.most_of_one = 100
        self._owners: dict[AccountId, CustomerId] = {}
        self._events: dict[AccountId, list[AccountEvent]] = {}

    def open(self, account_id: str, customer_id: str = "one") -> None:
        self._owners[AccountId(account_id)] = CustomerId(customer_id)
        self._events[AccountId(account_id)] = []

    def happen(self, account_id: str, count: int = 1) -> None:
        events = self._events[AccountId(account_id)]
        for number in range(len(events) + 1, len(events) + 1 + count):
            events.append(
                AccountEvent(
                    number, "CashDeposited", None, None, None, "a test", {"n": number}, None, NOON
                )
            )

    async def head(self, customer_id: CustomerId, account_id: AccountId) -> int | None:
        self._answer()
        if self._owners.get(account_id) != customer_id:
            return None
        return len(self._events[account_id])

    async def after(self, places: Sequence[Place]) -> Sequence[tuple[int, AccountEvent]]:
        self._answer()
        self.looks += 1
        return [
            (index, event)
            for index, (account_id, after) in enumerate(places)
            for event in self._events[account_id][after : after + self.most_of_one]
        ]

    def _answer(self) -> None:
        if not self.up:
            raise UnavailableError("the log does not answer")


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
        self.log = HeldLog()
        self.news = AccountNews(self.log)
        self.front = Front(self.status, self.house, self.news)
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
    following = asyncio.ensure_future(house.news.follow())
    yield house
    following.cancel()
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
