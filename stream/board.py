"""The latest of every channel and symbol, what went before it, and who wants to hear of the next.

Updates of one turn of the event loop are delivered together, each reader's in one piece: under load
they gather by themselves, and a send costs far more than what is sent.
"""

import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from hub.domain.market.quote import Quote
from stream.updates import QUOTES, Cursor, Update

EVERY_SYMBOL = "*"
WINDOW = 10_000
# After so many sends the loop gets to do something else.
_SENDS_AT_ONCE = 2_000
# A prime, so that over the turns everybody gets to be the first.
_STRIDE = 7_919

Topic = tuple[str, str]
Schedule = Callable[[Callable[[], None]], object]


class Reader(Protocol):
    """Takes updates without waiting."""

    def deliver(self, updates: Sequence[Update]) -> None:
        """In the order that they came."""
        ...

    def missed(self) -> None:
        """This task did not hear of some updates that would have come next."""
        ...


class Board:
    """Holds one update per channel and symbol; older ones than that are passed over."""

    def __init__(self, schedule: Schedule | None = None, window: int = WINDOW) -> None:
        self.count = 0
        self.gaps = 0
        self._schedule = schedule or _soon
        self._window = window
        self._latest: dict[Topic, Update] = {}
        self._readers: dict[Topic, dict[Reader, None]] = defaultdict(dict)
        self._told: list[Update] = []
        self._gathered: list[Update] = []
        self._due: list[tuple[Reader, list[Update]]] = []
        self._turns = 0
        self._scheduled = False

    @property
    def latest(self) -> Cursor:
        """The last place that this task was told of."""
        return self._told[-1].cursor if self._told else Cursor(0, 0)

    def put(self, update: Update) -> None:
        """The next of all that is told."""
        latest = self.latest
        if update.cursor <= latest:
            return
        same_run = update.cursor.epoch == latest.epoch
        if self._told and update.cursor.position != (latest.position + 1 if same_run else 1):
            self._tell_gap()
        self.count += 1
        self._told.append(update)
        if len(self._told) >= 2 * self._window:
            del self._told[: self._window]
        self.show(update)

    def show(self, update: Update) -> None:
        """Something that stands, whenever it was told."""
        topic = (update.channel, update.symbol)
        held = self._latest.get(topic)
        if held is not None and update.order <= held.order:
            return
        self._latest[topic] = update
        self._gathered.append(update)
        self._wake()

    def quote(self, symbol: str) -> Quote | None:
        update = self._latest.get((QUOTES, symbol))
        return update.content if update and isinstance(update.content, Quote) else None

    def snapshot(self, topics: Iterable[Topic]) -> list[Update]:
        """The latest of each."""
        return [self._latest[topic] for topic in self._known(topics) if topic in self._latest]

    def since(self, cursor: Cursor, topics: Iterable[Topic]) -> list[Update] | None:
        """All that was told after `cursor`; None where that is not known any more."""
        index = bisect_left(self._told, cursor, key=lambda update: update.cursor)
        if index == len(self._told) or self._told[index].cursor != cursor:
            return None
        wanted = set(topics)
        return [
            update
            for update in self._told[index + 1 :]
            if (update.channel, update.symbol) in wanted or (update.channel, EVERY_SYMBOL) in wanted
        ]

    def subscribe(self, reader: Reader, topics: Iterable[Topic]) -> None:
        """From the next turn of the loop on; what was put before it is not delivered again."""
        self.flush()
        for topic in topics:
            self._readers[topic][reader] = None

    def unsubscribe(self, reader: Reader, topics: Iterable[Topic]) -> None:
        for topic in topics:
            readers = self._readers.get(topic, {})
            readers.pop(reader, None)
            if not readers:
                self._readers.pop(topic, None)

    @property
    def topics(self) -> int:
        return len(self._readers)

    def flush(self) -> None:
        """Deliver all that is gathered, now."""
        self._gather()
        self._deliver(len(self._due))

    def _known(self, topics: Iterable[Topic]) -> list[Topic]:
        wanted = set(topics)
        every = {channel for channel, symbol in wanted if symbol == EVERY_SYMBOL}
        return sorted(wanted | {topic for topic in self._latest if topic[0] in every})

    def _tell_gap(self) -> None:
        self.gaps += 1
        self.flush()
        for reader in {each for readers in self._readers.values() for each in readers}:
            reader.missed()

    def _wake(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._schedule(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        if not self._due:
            self._gather()
        self._deliver(_SENDS_AT_ONCE)
        if self._due or self._gathered:
            self._wake()

    def _gather(self) -> None:
        """Who gets what of the updates since the last time; in the order that they came.

        Each time somebody else comes first, so that nobody is always the last.
        """
        updates, self._gathered = self._gathered, []
        wanted: dict[Reader, list[Update]] = defaultdict(list)
        for update in updates:
            for reader in self._wanting(update):
                wanted[reader].append(update)
        due = list(wanted.items())
        self._turns += 1
        first = self._turns * _STRIDE % len(due) if due else 0
        self._due += due[first:] + due[:first]

    def _wanting(self, update: Update) -> Iterable[Reader]:
        """Each once, also who asked for the symbol and for all of them."""
        readers = self._readers.get((update.channel, update.symbol), {})
        greedy = self._readers.get((update.channel, EVERY_SYMBOL))
        return readers | greedy if greedy else readers

    def _deliver(self, most: int) -> None:
        due, self._due = self._due[:most], self._due[most:]
        for reader, updates in due:
            reader.deliver(updates)


def _soon(act: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(act)
