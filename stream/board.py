"""The latest quote of every symbol, and who wants to hear of the next."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from hub.domain.market.quote import Quote, quote_record

EVERY_SYMBOL = "*"


class Entry(NamedTuple):
    """A quote and its frame, encoded once for all readers."""

    quote: Quote
    frame: bytes
    order: tuple[int, int]


class Reader(Protocol):
    """Takes a frame without waiting; a frame not yet sent gives way to a newer one."""

    def offer(self, symbol: str, frame: bytes) -> None: ...


class Board:
    """Holds one entry per symbol; older quotes than the one it holds are passed over."""

    def __init__(self) -> None:
        self.count = 0
        self._entries: dict[str, Entry] = {}
        self._readers: dict[str, set[Reader]] = defaultdict(set)

    def put(self, quote: Quote) -> None:
        entry = _entry(quote)
        held = self._entries.get(quote.symbol)
        if held is not None and entry.order <= held.order:
            return
        self.count += 1
        self._entries[quote.symbol] = entry
        for wanted in (quote.symbol, EVERY_SYMBOL):
            for reader in self._readers.get(wanted, ()):
                reader.offer(quote.symbol, entry.frame)

    def quote(self, symbol: str) -> Quote | None:
        entry = self._entries.get(symbol)
        return entry.quote if entry else None

    def subscribe(self, reader: Reader, symbols: Iterable[str]) -> None:
        """From now on, and the latest of each at once."""
        for symbol in symbols:
            self._readers[symbol].add(reader)
            known = self._entries if symbol == EVERY_SYMBOL else (symbol,)
            for each in known:
                if (entry := self._entries.get(each)) is not None:
                    reader.offer(each, entry.frame)

    def unsubscribe(self, reader: Reader, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            readers = self._readers.get(symbol, set())
            readers.discard(reader)
            if not readers:
                self._readers.pop(symbol, None)


def _entry(quote: Quote) -> Entry:
    """Ids are `<symbol>-<epoch>-<sequence>`: epoch and sequence say which of two came later."""
    _, epoch, sequence = quote.quote_id.rsplit("-", 2)
    order = (int(epoch), int(sequence))
    record = {"type": "quote", **quote_record(quote), "sequence": order[1]}
    return Entry(quote, json.dumps(record, separators=(",", ":")).encode(), order)
