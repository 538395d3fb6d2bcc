"""What is told to readers: quotes, trades and bars with their numbers, encoded once for all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from hub.domain.market.quote import Quote, quote_from_record, quote_record
from hub.domain.market.trade import Trade, trade_from_record, trade_record
from stream.bars import Bar, bar_from_record, bar_record

Content = Quote | Trade | Bar
QUOTES, TRADES, BARS = "quotes", "trades", "bars"
CHANNELS = (QUOTES, TRADES, BARS)
_TYPES = {QUOTES: "quote", TRADES: "trade", BARS: "bar"}
_CHANNEL_OF: Mapping[type, str] = {Quote: QUOTES, Trade: TRADES, Bar: BARS}
_WRITE: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    QUOTES: quote_record,
    TRADES: trade_record,
    BARS: bar_record,
}
_READ: Mapping[str, Callable[[dict[str, Any]], Content]] = {
    QUOTES: quote_from_record,
    TRADES: trade_from_record,
    BARS: bar_from_record,
}


class Cursor(NamedTuple):
    """A place in all that is told: the run of a leader, and the how-manyth update of it."""

    epoch: int
    position: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.position}"


def cursor(text: str) -> Cursor:
    """Raises ValueError."""
    epoch, _, position = text.partition("-")
    if not (text.isascii() and epoch.isdigit() and position.isdigit() and len(text) < 40):
        raise ValueError("not a cursor")
    return Cursor(int(epoch), int(position))


class Update:
    """`sequence` counts the updates of a channel and symbol within an epoch, without gaps."""

    __slots__ = ("_frames", "_snapshots", "channel", "content", "cursor", "sequence", "symbol")

    def __init__(self, content: Content, cursor: Cursor, sequence: int) -> None:
        self.channel = _CHANNEL_OF[type(content)]
        self.symbol = content.symbol
        self.content = content
        self.cursor = cursor
        self.sequence = sequence
        self._frames: dict[Encode, bytes] = {}
        self._snapshots: dict[Encode, bytes] | None = None

    @property
    def order(self) -> tuple[int, int]:
        """Which of two of one channel and symbol came later."""
        return self.cursor.epoch, self.sequence

    def message(self, **more: Any) -> dict[str, Any]:
        """What a reader gets."""
        return {
            "type": _TYPES[self.channel],
            "sequence": self.sequence,
            "cursor": str(self.cursor),
            **_WRITE[self.channel](self.content),
            **more,
        }

    def frame(self, encode: "Encode") -> bytes:
        """Encoded once, for all readers of the same protocol."""
        if (frame := self._frames.get(encode)) is None:
            frame = self._frames[encode] = encode(self.message())
        return frame

    def snapshot(self, encode: "Encode") -> bytes:
        """The same as what stands."""
        snapshots = self._snapshots = self._snapshots or {}
        if (frame := snapshots.get(encode)) is None:
            frame = snapshots[encode] = encode(self.message(snapshot=True))
        return frame

    def forget_frames(self) -> None:
        """They are made anew if somebody wants them."""
        self._frames.clear()
        self._snapshots = None

    def record(self) -> dict[str, Any]:
        """What other tasks get."""
        numbers = {"epoch": self.cursor.epoch, "position": self.cursor.position}
        content = _WRITE[self.channel](self.content)
        return {**content, "channel": self.channel, **numbers, "sequence": self.sequence}


Encode = Callable[[dict[str, Any]], bytes]


def update_from_record(record: dict[str, Any]) -> Update:
    """The inverse of `Update.record`. Raises KeyError or ValueError on anything else."""
    return Update(
        _READ[record["channel"]](record),
        Cursor(int(record["epoch"]), int(record["position"])),
        int(record["sequence"]),
    )


class Numbers:
    """Gives the updates of one leader their numbers. `epoch` is greater than any before."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._position = 0
        self._sequences: dict[tuple[str, str], int] = defaultdict(int)

    def number(self, contents: Iterable[Content]) -> list[Update]:
        return [self._numbered(each) for each in contents]

    def _numbered(self, content: Content) -> Update:
        self._position += 1
        key = (_CHANNEL_OF[type(content)], content.symbol)
        self._sequences[key] += 1
        return Update(content, Cursor(self._epoch, self._position), self._sequences[key])
