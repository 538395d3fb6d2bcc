"""The board: the latest of each symbol, in order, to whoever asked."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from hub.domain.market.quote import Quote
from stream.board import Board


class Ear:
    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    def offer(self, symbol: str, frame: bytes) -> None:
        self.heard.append((symbol, json.loads(frame)["sequence"]))


def quote(symbol: str, sequence: int, epoch: int = 1) -> Quote:
    price = Decimal("10.00")
    moment = datetime(2012, 6, 1, 14, tzinfo=UTC)
    return Quote(f"{symbol}-{epoch}-{sequence}", symbol, price, price, price, price, price, moment)


def test_a_reader_hears_the_latest_at_once_and_then_what_is_new():
    board, ear = Board(), Ear()
    board.put(quote("AAPL", 1))
    board.put(quote("AAPL", 2))

    board.subscribe(ear, ["AAPL", "MSFT"])
    board.put(quote("MSFT", 3))
    board.put(quote("IBM", 4))

    assert ear.heard == [("AAPL", 2), ("MSFT", 3)]


def test_a_late_copy_of_an_older_quote_changes_nothing():
    board, ear = Board(), Ear()
    board.subscribe(ear, ["*"])
    for each in (quote("AAPL", 5), quote("AAPL", 4), quote("AAPL", 5), quote("AAPL", 9, epoch=0)):
        board.put(each)

    assert ear.heard == [("AAPL", 5)]
    held = board.quote("AAPL")
    assert held is not None
    assert held.quote_id == "AAPL-1-5"


def test_a_new_run_of_the_feed_counts_from_one_again():
    board = Board()
    board.put(quote("AAPL", 500))
    board.put(quote("AAPL", 1, epoch=2))

    held = board.quote("AAPL")
    assert held is not None
    assert held.quote_id == "AAPL-2-1"


def test_who_left_hears_nothing_more():
    board, ear = Board(), Ear()
    board.subscribe(ear, ["*", "AAPL"])
    board.unsubscribe(ear, ["*", "AAPL", "never asked"])
    board.put(quote("AAPL", 1))

    assert ear.heard == []


def test_a_symbol_may_contain_a_dash():
    board = Board()
    board.put(quote("BRK-B", 7))

    assert board.quote("BRK-B") is not None
