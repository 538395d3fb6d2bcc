"""One reader of the board: what it asked for, what it is sent, and what it is owed while it cannot
take it."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from stream.board import EVERY_SYMBOL, Board, Topic
from stream.counts import Counts
from stream.updates import QUOTES, Cursor, Encode, Update

MAX_OWED = 256
# Who missed more than this begins anew instead.
MAX_RESUMED = 2_000
# What stands comes in one piece, however long; but not to who has so much of it unread.
_MOST_WAITING_BYTES = 4 * 1024 * 1024


class Line(Protocol):
    """The way to the reader."""

    @property
    def blocked(self) -> bool:
        """Whether earlier bytes wait: what is written now would only grow old with them."""
        ...

    @property
    def waiting(self) -> int:
        """How many bytes wait."""
        ...

    def write(self, data: bytes) -> None: ...

    def too_slow(self) -> None:
        """End it: it is owed more than can be kept for it."""
        ...


class Subscriber:
    """A quote that was not yet sent gives way to a newer one, which says how many it stands for.
    Trades and bars are all delivered, or the reader is told that it is too slow."""

    __slots__ = ("_board", "_counts", "_line", "_owed", "_quotes", "_there", "encode", "topics")

    def __init__(self, line: Line, board: Board, encode: Encode, counts: Counts) -> None:
        self.topics: set[Topic] = set()
        self.encode = encode
        self._line = line
        self._board = board
        self._counts = counts
        self._there = True
        # Most readers are owed nothing, most of the time.
        self._owed: deque[Update] | None = None
        self._quotes: dict[str, tuple[Update, int]] | None = None

    def subscribe(self, topics: Iterable[Topic], after: Cursor | None) -> bool:
        """Sends what was told `after`, or, where that is not known any more, what stands now.
        Whether it went on from there. What was asked for before goes on as it did."""
        fresh = set(topics) - self.topics
        self.topics |= fresh
        self._board.subscribe(self, fresh)
        told = self._board.since(after, fresh) if after is not None else None
        if told is None or len(told) > MAX_RESUMED:
            self._show(fresh)
            return False
        self._burst([update.frame(self.encode) for update in told])
        return True

    def unsubscribe(self, topics: Iterable[Topic]) -> None:
        gone = set(topics)
        self._board.catch_up(self)
        self.topics -= gone
        self._board.unsubscribe(self, gone)
        quotes, owed = (self._quotes or {}).items(), self._owed or ()
        self._quotes = {name: late for name, late in quotes if self._wants(late[0])} or None
        self._owed = deque(update for update in owed if self._wants(update)) or None

    def leave(self) -> None:
        self._board.unsubscribe(self, self.topics)
        self.topics = set()
        self._there = False
        self._owed = self._quotes = None

    def deliver(self, updates: Sequence[Update]) -> None:
        if not self._there:
            return
        if self._owed is not None or self._quotes is not None or self._line.blocked:
            for update in updates:
                self._owe(update)
            return
        count, encode, counts = len(updates), self.encode, self._counts
        counts.deliveries += count
        counts.sends += 1
        # To join them costs less than to find out who else gets the very same ones.
        self._line.write(
            updates[0].frame(encode)
            if count == 1
            else b"".join([update.frame(encode) for update in updates])
        )

    def missed(self) -> None:
        """A gap is told, and then what stands; what is owed is older than that."""
        self._owed = self._quotes = None
        self._line.write(self.encode({"type": "gap"}))
        self._show(self.topics)

    def writable(self) -> None:
        """The line is free again: first what must not be lost, then the latest quotes."""
        while self._owed and not self._line.blocked:
            self._write(self._owed.popleft().frame(self.encode), 1)
        while self._quotes and not self._line.blocked:
            symbol = next(iter(self._quotes))
            update, skipped = self._quotes.pop(symbol)
            more: dict[str, Any] = {"skipped": skipped} if skipped else {}
            self._write(self.encode(update.message(**more)) if more else update.frame(self.encode))
        self._owed, self._quotes = self._owed or None, self._quotes or None

    def _show(self, topics: Iterable[Topic]) -> None:
        self._burst([update.snapshot(self.encode) for update in self._board.snapshot(topics)])

    def _burst(self, frames: Sequence[bytes]) -> None:
        """Ahead of all that is owed, of which it is no part."""
        if self._line.waiting > _MOST_WAITING_BYTES:
            self._let_go()
        elif frames:
            self._write(b"".join(frames), len(frames))

    def _owe(self, update: Update) -> None:
        if update.channel == QUOTES:
            quotes = self._quotes = self._quotes or {}
            held = quotes.pop(update.symbol, None)
            quotes[update.symbol] = (update, held[1] + 1 if held else 0)
            self._counts.conflated += held is not None
            return
        owed = self._owed = self._owed or deque()
        owed.append(update)
        if len(owed) > MAX_OWED:
            self._let_go()

    def _let_go(self) -> None:
        self._counts.dropped += len(self._owed or ())
        self.leave()
        self._line.too_slow()

    def _write(self, data: bytes, updates: int = 1) -> None:
        self._counts.deliveries += updates
        self._counts.sends += 1
        self._line.write(data)

    def _wants(self, update: Update) -> bool:
        channel = update.channel
        return bool({(channel, update.symbol), (channel, EVERY_SYMBOL)} & self.topics)
