"""Data that may not be shown onward: no stream has it, by any protocol, and each says why."""

import json

import grpc.aio
import pytest
from websockets.asyncio.client import connect

from stream.gen import market_data_pb2 as messages
from stream.gen.market_data_pb2_grpc import MarketDataStub
from tests.stream.clients import BEARER, get, get_known, ready
from tests.stream.conftest import StartTask
from tests.stream.house import hear, opened, say
from tests.stream.servers import TOKEN, eventually


@pytest.mark.parametrize("headers", [BEARER, {}])
async def test_a_websocket_is_refused_with_a_frame_and_a_close_code(headers: dict[str, str]):
    async with (
        opened(redistributes=False) as house,
        connect(f"ws://{house.url}/stream", additional_headers=headers) as stream,
    ):
        if not headers:
            await say(stream, action="auth", token=TOKEN)
        refused = await hear(stream)
        await stream.wait_closed()
        assert house.counts.refused == {"not_redistributable": 1}
        assert house.counts.connections == {}

    assert (refused["type"], refused["code"]) == ("error", "not_redistributable")
    assert stream.close_code == 4403


async def test_every_protocol_refuses_streams_and_quotes_are_still_answered(start_task: StartTask):
    task = await start_task(FEED_REDISTRIBUTE="false")
    await eventually(lambda: ready(task))
    status, text = await get_known(task, "/stream/events?symbols=AAPL")
    metadata = [("authorization", f"Bearer {TOKEN}")]
    async with grpc.aio.insecure_channel(task.grpc) as channel:
        stub = MarketDataStub(channel)
        topics = messages.Topics(symbols=["AAPL"])
        calls = [
            stub.StreamMarketData(
                messages.StreamMarketDataRequest(topics=topics), metadata=metadata
            ),
            stub.Subscribe(metadata=metadata),
        ]
        refused = []
        for call in calls:
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await call.read()
            refused.append((error.value.code(), dict(error.value.trailing_metadata() or ())))
        shown = await stub.GetMarketData(
            messages.GetMarketDataRequest(symbols=["AAPL"]), metadata=metadata, timeout=5
        )
    _, metrics = await get(task, "/metrics")

    assert (status, json.loads(text)["code"]) == (403, "not_redistributable")
    assert 'hub_stream_refused_total{reason="not_redistributable"} 3\n' in metrics
    for code, trailing in refused:
        assert code is grpc.StatusCode.PERMISSION_DENIED
        assert trailing["hub-code"] == "not_redistributable"
    assert [quote.last for quote in shown.quotes] == ["569.16"]
