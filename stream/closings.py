"""The official closes that a feed has told: of each symbol the latest, and the one before it."""

from typing import NamedTuple

from hub.domain.market.trade import SessionPrint


class Closes(NamedTuple):
    """As a quote bears them."""

    closing: SessionPrint | None = None
    closing_before: SessionPrint | None = None


class Closings:
    def __init__(self) -> None:
        self._kept: dict[str, Closes] = {}

    def put(self, symbol: str, told: SessionPrint) -> None:
        """The close of one day may be told again, and corrected."""
        latest, before = self.of(symbol)
        if latest is not None and latest.day < told.day:
            before = latest
        self._kept[symbol] = Closes(told, before)

    def of(self, symbol: str) -> Closes:
        return self._kept.get(symbol, Closes())

    def clear(self) -> None:
        self._kept.clear()
