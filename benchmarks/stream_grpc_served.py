"""The stream task's gRPC with a feed of lines, by either server: `own` or `grpcio`.

`python -m benchmarks.stream_grpc_served SERVER KEYS` tells its ports; everything of a customer's
stream is real: tokens, numbers, heartbeats, counts.
"""

import asyncio
import gc
import json
import socket
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

from benchmarks.stream_served import SYMBOLS, LineFeed
from hub.adapters.tokens import verify
from hub.domain.market.instrument import Instrument
from stream.board import Board
from stream.calls import Calls
from stream.counts import Counts
from stream.guests import Guests
from stream.redis_market import RedisMarket
from stream.requests import Terms
from stream.session import House

# The load has fewer customers than streams.
_STREAMS = 100_000
# As the task's own front does it.
_TICKS_AT_ONCE = 250


async def _nothing(_symbol: str) -> Instrument | None:
    return None


def _calls(server: str, house: House) -> Calls:
    if server == "own":
        from stream.h2.server import OwnCalls  # noqa: PLC0415  # memory is measured

        return OwnCalls(house, _nothing, "127.0.0.1:0")
    from stream.grpc_market import LibraryCalls  # noqa: PLC0415  # memory is measured

    return LibraryCalls(house, _nothing, "127.0.0.1:0")


async def _serve(server: str, keys: Mapping[str, str]) -> None:
    board = Board()
    tickets = RedisMarket("redis://127.0.0.1:1/0").tickets()
    guests = Guests(partial(verify, verifying_keys=keys), tickets, most=_STREAMS)
    symbols = frozenset(f"S{number:03}" for number in range(SYMBOLS))
    house = House(board, guests, Terms(symbols), Counts())
    listener = socket.create_server(("127.0.0.1", 0))
    LineFeed(board, listener)
    calls = _calls(server, house)
    await calls.start()
    gc.collect()
    gc.freeze()
    told = {"message": "listening", "port": calls.port, "feed_port": listener.getsockname()[1]}
    print(json.dumps(told), flush=True)
    while True:
        await asyncio.sleep(1)
        for number, stream in enumerate(list(house.streams), 1):
            stream.tick(monotonic(), datetime.now(UTC))
            if number % _TICKS_AT_ONCE == 0:
                await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], json.loads(Path(sys.argv[2]).read_text())))
