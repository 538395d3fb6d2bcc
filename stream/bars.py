"""Bars of one market minute, made of its trades."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hub.domain.market.trade import Trade

_MINUTE = timedelta(minutes=1)


class Bar(NamedTuple):
    """`time` is the minute's beginning, in market time."""

    symbol: str
    time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int


class BarMaker:
    """A bar is done when its minute is over. A minute without a trade has none.

    A leader that begins within a minute makes its bar of the trades that it tells itself.
    """

    def __init__(self) -> None:
        self._begun: dict[str, Bar] = {}
        self._over: list[Bar] = []

    def take(self, trade: Trade) -> None:
        minute = trade.time.replace(second=0, microsecond=0)
        bar = self._begun.get(trade.symbol)
        if bar is None or bar.time != minute:
            self._over += [bar] if bar is not None else []
            price = trade.price
            bar = Bar(trade.symbol, minute, price, price, price, price, Decimal(0), 0)
        self._begun[trade.symbol] = bar._replace(
            high=max(bar.high, trade.price),
            low=min(bar.low, trade.price),
            close=trade.price,
            volume=bar.volume + trade.size,
            trades=bar.trades + 1,
        )

    def done(self, market: datetime) -> list[Bar]:
        """The bars whose minute is over at `market`; each once, the earliest first."""
        late = [bar for bar in self._begun.values() if bar.time + _MINUTE <= market]
        for bar in late:
            del self._begun[bar.symbol]
        over, self._over = self._over + late, []
        return sorted(over, key=lambda bar: (bar.time, bar.symbol))


def bar_record(bar: Bar) -> dict[str, Any]:
    """The bar as JSON has it: decimals as strings, time as RFC 3339 UTC."""
    return {
        "symbol": bar.symbol,
        "time": bar.time.isoformat(),
        "open": str(bar.open),
        "high": str(bar.high),
        "low": str(bar.low),
        "close": str(bar.close),
        "volume": str(bar.volume),
        "trades": bar.trades,
    }


def bar_from_record(record: dict[str, Any]) -> Bar:
    """The inverse of `bar_record`. Raises KeyError or ValueError on anything else."""
    return Bar(
        symbol=record["symbol"],
        time=datetime.fromisoformat(record["time"]),
        open=Decimal(record["open"]),
        high=Decimal(record["high"]),
        low=Decimal(record["low"]),
        close=Decimal(record["close"]),
        volume=Decimal(record["volume"]),
        trades=int(record["trades"]),
    )
