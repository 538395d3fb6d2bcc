"""The stream task's doors with a feed of lines: what is measured is the task, not Redis.

`python -m benchmarks.stream_served KEYS REDIS_URL` (a file of public keys by kid; no URL, no Redis)
listens on two ports and tells them; everything of a customer's stream is real: tokens, limits,
numbers, heartbeats, counts.
"""

import asyncio
import gc
import json
import socket
import sys
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hub.adapters.tokens import verify
from hub.application.ports.identity import Identity
from hub.domain.market.calendar import Calendar
from hub.domain.market.quote import quote_from_record
from stream.account_news import AccountNews
from stream.board import Board
from stream.counts import Counts
from stream.guests import Guests
from stream.http import Front
from stream.known_tokens import KnownTokens
from stream.postgres_events import PostgresEvents
from stream.redis_market import RedisMarket
from stream.requests import Terms
from stream.server import follow_updates
from stream.session import House
from stream.status import Status
from stream.updates import Update, cursor

SYMBOLS = 1_000
_PIECE = 64 * 1024
_MORE_LIFE = timedelta(days=1)
_NOWHERE = "redis://127.0.0.1:1/0"


class LineFeed:
    """Takes the updates of one connection, as they are told to clients."""

    def __init__(self, board: Board, listener: socket.socket) -> None:
        self._board = board
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._rest = b""
        self._loop.add_reader(listener.fileno(), self._accept)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        self._loop.add_reader(connection.fileno(), self._read, connection)

    def _read(self, connection: socket.socket) -> None:
        data = connection.recv(_PIECE)
        if not data:
            self._loop.remove_reader(connection.fileno())
            connection.close()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._board.put(_update(json.loads(line)))


def _lasting(keys: Mapping[str, str], token: str) -> Identity:
    """A soak goes on for longer than a token is good."""
    identity = verify(token, keys)
    return identity._replace(expires_at=identity.expires_at + _MORE_LIFE)


def _update(record: dict[str, Any]) -> Update:
    return Update(quote_from_record(record), cursor(record["cursor"]), record["sequence"])


async def _serve(keys: Mapping[str, str], redis_url: str) -> None:
    board, counts = Board(), Counts()
    market = RedisMarket(redis_url or _NOWHERE)
    guests = Guests(KnownTokens(partial(_lasting, keys)), market.tickets())
    symbols = frozenset(f"S{number:03}" for number in range(SYMBOLS))
    house = House(board, guests, Terms(symbols), counts)
    status = Status(board, Calendar([]), (), counts)
    # Nobody asks for an account here.
    front = Front(status, house, AccountNews(PostgresEvents("")))
    listener = socket.create_server(("127.0.0.1", 0))
    LineFeed(board, listener)
    port = await front.start("127.0.0.1", 0)
    gc.collect()
    gc.freeze()
    told = {"message": "listening", "port": port, "feed_port": listener.getsockname()[1]}
    print(json.dumps(told), flush=True)
    await (follow_updates(market, status) if redis_url else asyncio.Event().wait())


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]))
