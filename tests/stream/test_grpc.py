"""GetMarketData by a real gRPC client, of either server: all that was asked, or a reason."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import grpc
import grpc.aio
import pytest

from hub.domain.market.quote import Quote
from stream import rates
from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataStub
from tests.stream.grpc_house import SERVERS
from tests.stream.house import OpenHouse
from tests.stream.program import find_instrument
from tests.stream.servers import TOKEN

APPLE = Quote(
    quote_id="AAPL-1-1",
    symbol="AAPL",
    bid=Decimal("118.55"),
    ask=Decimal("118.58"),
    last=Decimal("118.5625"),
    bid_size=Decimal(100),
    ask_size=Decimal(200),
    time=datetime(2012, 6, 1, 13, 30, 0, 250_000, tzinfo=UTC),
)


@pytest.fixture(params=SERVERS)
async def channel(request: pytest.FixtureRequest) -> AsyncIterator[grpc.aio.Channel]:
    house = OpenHouse()
    house.tell(APPLE, APPLE._replace(quote_id="MSFT-1-2", symbol="MSFT"))
    calls = SERVERS[request.param](house.house, find_instrument, "127.0.0.1:0")
    await calls.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{calls.port}") as opened:
        yield opened
    await calls.stop(grace=0)
    await house.market.close()


async def call(
    channel: grpc.aio.Channel, symbols: list[str], token: str | None = TOKEN
) -> messages.GetMarketDataResponse:
    stub = MarketDataStub(channel)
    metadata = [("authorization", f"Bearer {token}")] if token else None
    answer = await stub.GetMarketData(
        messages.GetMarketDataRequest(symbols=symbols), metadata=metadata, timeout=5
    )
    assert isinstance(answer, messages.GetMarketDataResponse)
    return answer


async def test_quotes_come_in_the_order_asked(channel: grpc.aio.Channel):
    answer = await call(channel, ["MSFT", "AAPL"])

    assert [quote.symbol for quote in answer.quotes] == ["MSFT", "AAPL"]


async def test_a_quote_is_exact(channel: grpc.aio.Channel):
    (quote,) = (await call(channel, ["AAPL"])).quotes

    assert (quote.id, quote.bid, quote.ask, quote.last, quote.bid_size, quote.ask_size) == (
        "AAPL-1-1",
        "118.55",
        "118.58",
        "118.5625",
        "100",
        "200",
    )
    assert quote.time.ToDatetime(UTC) == APPLE.time
    assert not quote.synthetic
    assert not quote.last_close


@pytest.mark.parametrize(
    ("symbols", "token", "code", "named"),
    [
        (["AAPL", "NOPE"], TOKEN, grpc.StatusCode.NOT_FOUND, "NOPE"),
        ([], TOKEN, grpc.StatusCode.INVALID_ARGUMENT, "1024"),
        (["AAPL"] * 1025, TOKEN, grpc.StatusCode.INVALID_ARGUMENT, "1024"),
        (["AAPL"], "wrong", grpc.StatusCode.UNAUTHENTICATED, "token"),
        (["AAPL"], None, grpc.StatusCode.UNAUTHENTICATED, "Bearer"),
    ],
)
async def test_a_refusal_says_why(
    channel: grpc.aio.Channel,
    symbols: list[str],
    token: str | None,
    code: grpc.StatusCode,
    named: str,
):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(channel, symbols, token)

    assert refused.value.code() == code
    assert named in str(refused.value.details())


async def test_a_customer_calls_so_often_and_no_more(
    channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rates, "CALLS_PER_SECOND", 0.001)
    for _ in range(int(rates.CALLS_AT_ONCE)):
        await call(channel, ["AAPL"])
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(channel, ["AAPL"])
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    stub = MarketDataStub(channel)
    metadata = [("authorization", f"Bearer {TOKEN}")]
    with pytest.raises(grpc.aio.AioRpcError) as unanswered:
        await stub.GetInstrument(
            messages.GetInstrumentRequest(symbol="AAPL"), metadata=metadata, timeout=5
        )
    assert unanswered.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (await call(channel, ["AAPL"], f"{TOKEN}/another")).quotes, "others are not held up"
