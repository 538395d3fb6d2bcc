"""The market that orders meet: quotes by three doors, events announced."""

import json

import grpc
import grpc.aio
import psycopg
import pytest
from websockets.asyncio.client import connect

from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataStub
from tests.services.processes import wait_until


async def test_quotes_come_by_websocket_to_who_sends_the_token_first(platform, rich):
    async with connect(f"ws://127.0.0.1:{platform.stream_port}/stream") as stream:
        await stream.send(json.dumps({"action": "auth", "token": rich.token}))
        assert json.loads(await stream.recv()) == {"type": "authenticated"}
        await stream.send(json.dumps({"action": "subscribe", "symbols": ["AAPL", "MSFT"]}))
        seen: set[str] = set()
        while seen != {"AAPL", "MSFT"}:
            frame = json.loads(await stream.recv())
            if "symbol" in frame:
                assert float(frame["bid"]) < float(frame["ask"])
                seen.add(frame["symbol"])


async def test_quotes_are_not_for_who_has_no_token(platform):
    async with connect(f"ws://127.0.0.1:{platform.stream_port}/stream") as stream:
        await stream.send(json.dumps({"action": "auth", "token": "nonsense"}))
        assert json.loads(await stream.recv())["code"] == "unauthenticated"


async def test_quotes_come_by_grpc_to_who_has_a_token(platform, rich):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{platform.grpc_port}") as channel:
        ask = MarketDataStub(channel).GetMarketData
        request = messages.GetMarketDataRequest(symbols=["AAPL", "IBM"])
        answer = await ask(request, metadata=(("authorization", f"Bearer {rich.token}"),))
        assert [quote.symbol for quote in answer.quotes] == ["AAPL", "IBM"]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(request)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
        stub = MarketDataStub(channel)
        metadata = (("authorization", f"Bearer {rich.token}"),)
        found = await stub.GetInstrument(
            messages.GetInstrumentRequest(symbol="IBM"), metadata=metadata
        )
        assert (found.instrument.symbol, found.instrument.exchange) == ("IBM", "XNYS")
        topics = messages.Topics(symbols=["IBM"])
        call = stub.StreamMarketData(
            messages.StreamMarketDataRequest(topics=topics), metadata=metadata
        )
        assert (await call.read()).events[0].quote.symbol == "IBM"
        call.cancel()


def test_what_is_announced_reaches_the_bus(platform, customer):
    """The relay forgets a message only when the bus has taken it."""
    customer.ended(customer.order().body["order_id"])
    with psycopg.connect(platform.database_url, autocommit=True) as connection:
        steps = connection.execute(
            "SELECT count(*) FROM account_events WHERE account_id = %s", (customer.account_id,)
        ).fetchone()
        assert steps is not None
        assert steps[0] >= 3

        def waiting():
            of_mine = "SELECT count(*) FROM outbox WHERE account_id = %s"
            return connection.execute(of_mine, (customer.account_id,)).fetchone()

        wait_until(lambda: waiting() == (0,), 10)


def test_the_demo_trades_and_finds_the_books_right(platform):
    done = platform.run("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("EXECUTED (filled)") == 2
    assert "Position      6 AAPL" in done.stdout
    assert "All invariants hold: 0 violations." in done.stdout
