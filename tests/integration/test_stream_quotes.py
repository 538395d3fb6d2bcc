"""Redis, then the stream task, then the last close: where a price comes from, whatever is down."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from hub.adapters.stream.quotes import StreamQuotes
from hub.domain.market.quote import Quote
from hub.entrypoints.http import access_token
from local.services.valkey import Valkey
from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataServicer, add_MarketDataServicer_to_server
from tests.fixtures.databases import Databases
from tests.fixtures.requests import Front
from tests.fixtures.worlds import OPEN, open_world

Code = grpc.StatusCode
TOKEN = "a-token-of-a-customer"


def a_quote(symbol: str, bid: str = "580.00") -> Quote:
    one = Decimal(100)
    price = Decimal(bid)
    return Quote(f"{symbol}-live", symbol, price, price + 1, price, one, one, OPEN)


def message_of(quote: Quote) -> messages.Quote:
    at = Timestamp()
    at.FromDatetime(quote.time)
    return messages.Quote(
        id=quote.quote_id,
        symbol=quote.symbol,
        bid=str(quote.bid),
        ask=str(quote.ask),
        last=str(quote.last),
        bid_size=str(quote.bid_size),
        ask_size=str(quote.ask_size),
        time=at,
    )


class Scripted(MarketDataServicer):
    """Answers each call as the script says; after its end, with what is on the board."""

    def __init__(self, quotes: Mapping[str, Quote], token: str) -> None:
        self.script: list[grpc.StatusCode | float] = []
        self.quotes = quotes
        self.token = token
        self.asked: list[list[str]] = []

    def GetMarketData(
        self, request: messages.GetMarketDataRequest, context: grpc.ServicerContext
    ) -> messages.GetMarketDataResponse:
        self.asked.append(list(request.symbols))
        if ("authorization", f"Bearer {self.token}") not in context.invocation_metadata():
            context.abort(Code.UNAUTHENTICATED, "who are you?")
        act = self.script.pop(0) if self.script else 0.0
        if isinstance(act, grpc.StatusCode):
            context.abort(act, "as the script says")
        time.sleep(act)
        unknown = [each for each in request.symbols if each not in self.quotes]
        if unknown:
            context.abort(Code.NOT_FOUND, f"no quote of {unknown[0]}")
        found = [message_of(self.quotes[each]) for each in request.symbols]
        return messages.GetMarketDataResponse(quotes=found)


class Moments:
    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.passed


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch) -> Moments:
    made = Moments()
    monkeypatch.setattr("hub.adapters.stream.quotes.monotonic", made)
    return made


@contextmanager
def served(scripted: Scripted) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4))
    add_MarketDataServicer_to_server(scripted, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        server.stop(grace=0).wait()


@pytest.fixture
def task(moments: Moments) -> Iterator[tuple[Scripted, StreamQuotes]]:
    scripted = Scripted({each: a_quote(each) for each in ("AAPL", "IBM")}, "proof")
    with served(scripted) as url:
        quotes = StreamQuotes(url, lambda: "proof")
        yield scripted, quotes
        quotes.close()


Task = tuple[Scripted, StreamQuotes]


def symbols_of(quotes: StreamQuotes, *symbols: str) -> list[str]:
    return sorted(quotes.at(symbols, OPEN))


def test_a_live_quote_is_exact_and_asked_for_in_the_caller_s_name(task: Task):
    scripted, quotes = task
    assert quotes.at(["IBM", "AAPL"], OPEN) == scripted.quotes
    assert scripted.asked == [["IBM", "AAPL"]]
    stranger = StreamQuotes(quotes._url, lambda: "forged")
    assert symbols_of(stranger, "AAPL") == []
    stranger.close()


def test_one_symbol_without_a_quote_does_not_cost_the_others_theirs(task: Task):
    scripted, quotes = task
    assert symbols_of(quotes, "AAPL", "ZZZZ", "IBM") == ["AAPL", "IBM"]
    assert scripted.asked == [["AAPL", "ZZZZ", "IBM"], ["AAPL"], ["ZZZZ"], ["IBM"]]


@pytest.mark.parametrize("times", [1, 2])
def test_unavailable_is_tried_again(task: Task, times: int):
    scripted, quotes = task
    scripted.script = [Code.UNAVAILABLE] * times
    assert symbols_of(quotes, "AAPL") == ["AAPL"]
    assert len(scripted.asked) == times + 1


@pytest.mark.parametrize("code", [Code.INTERNAL, Code.RESOURCE_EXHAUSTED, Code.UNAUTHENTICATED])
def test_another_failure_is_not_tried_again(task: Task, code: grpc.StatusCode):
    scripted, quotes = task
    scripted.script = [code]
    assert symbols_of(quotes, "AAPL") == []
    assert len(scripted.asked) == 1


def test_a_task_that_does_not_answer_costs_half_a_second(task: Task):
    scripted, quotes = task
    scripted.script = [3.0]
    began = time.monotonic()
    assert symbols_of(quotes, "AAPL") == []
    assert time.monotonic() - began < 1.5


def test_after_three_failures_nobody_calls_until_it_is_worth_a_try(task: Task, moments: Moments):
    scripted, quotes = task
    scripted.script = [Code.INTERNAL] * 4
    for _ in range(5):
        assert symbols_of(quotes, "AAPL") == []
    assert len(scripted.asked) == 3
    moments.passed += 5
    assert symbols_of(quotes, "AAPL") == []
    assert symbols_of(quotes, "AAPL") == []
    assert len(scripted.asked) == 4, "one call was enough to see that it is still down"
    moments.passed += 5
    assert symbols_of(quotes, "AAPL") == symbols_of(quotes, "IBM", "AAPL")[:1] == ["AAPL"]


def test_refusals_that_are_ours_do_not_close_the_line(task: Task):
    scripted, quotes = task
    scripted.script = [Code.UNAUTHENTICATED] * 5
    for _ in range(5):
        assert symbols_of(quotes, "AAPL") == []
    assert symbols_of(quotes, "AAPL") == ["AAPL"]


@pytest.mark.parametrize(("url", "token"), [("", "proof"), ("grpc://127.0.0.1:1", "")])
def test_without_an_address_or_a_caller_nobody_is_asked(url: str, token: str):
    quotes = StreamQuotes(url, lambda: token)
    began = time.monotonic()
    assert symbols_of(quotes, "AAPL") == []
    assert time.monotonic() - began < 0.1


def test_a_task_that_is_not_there_costs_half_a_second_at_most():
    quotes = StreamQuotes("grpc://127.0.0.1:1", lambda: "proof")
    began = time.monotonic()
    assert symbols_of(quotes, "AAPL") == []
    quotes.close()
    assert time.monotonic() - began < 1.5


@contextmanager
def stream_task(*quotes: Quote) -> Iterator[str]:
    """A server with these quotes, which answers TOKEN alone; gives its URL."""
    scripted = Scripted({each.symbol: each for each in quotes}, TOKEN)
    with served(scripted) as url:
        yield url


@pytest.fixture
def own_cache(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "valkey")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def front(databases: Databases, own_cache: Valkey) -> Iterator[Callable[[str], Front]]:
    with open_world(databases, own_cache) as world:
        world.sql(
            "INSERT INTO market_clock (name, market, wall, speed) VALUES ('replay', %s, %s, 1)",
            OPEN,
            world.clock.now(),
        )

        def at(url: str) -> Front:
            world.hub.stream_quotes = StreamQuotes(url, access_token.get)
            return Front(world)

        yield at


def bid(front: Front, token: str = TOKEN) -> tuple[str, bool]:
    me = front.world.customer()
    headers = {"Authorization": f"Bearer {token}"}
    path = {"symbol": "AAPL"}
    body = front.call("market.get_market_data", me, path=path, headers=headers).body
    return body["bid"], body["stale"]


def test_redis_is_asked_first(front: Callable[[str], Front]):
    with stream_task(a_quote("AAPL", "580.00")) as url:
        asking = front(url)
        asking.world.quote("AAPL", "570.00", "570.02")
        assert bid(asking) == ("570.00", False)


def test_a_quote_that_redis_has_not_comes_live_from_the_stream_task(front: Callable[[str], Front]):
    with stream_task(a_quote("AAPL", "580.00")) as url:
        assert bid(front(url)) == ("580.00", False)


def test_without_redis_a_quote_is_still_live(front: Callable[[str], Front], own_cache: Valkey):
    own_cache.stop()
    with stream_task(a_quote("AAPL", "580.00")) as url:
        assert bid(front(url)) == ("580.00", False)


def test_whom_the_stream_task_does_not_know_gets_the_last_close(front: Callable[[str], Front]):
    with stream_task(a_quote("AAPL", "580.00")) as url:
        assert bid(front(url), "forged") == ("577.73", True)


def test_without_both_the_last_close_is_shown_as_stale(
    front: Callable[[str], Front], own_cache: Valkey
):
    own_cache.stop()
    assert bid(front("grpc://127.0.0.1:1")) == ("577.73", True)
