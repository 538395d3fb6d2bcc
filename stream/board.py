"""The latest of every channel and symbol, what went before it, and who wants to hear of the next.

Readers stand in one line, each once: who is in it already has what comes put to the rest of theirs,
and gets it in one piece. So updates gather by themselves where there are many, since a send costs
far more than what is sent, and nobody waits for longer than the line is.
"""

import asyncio
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from hub.domain.market.quote import Quote
from stream.updates import QUOTES, Cursor, Update

EVERY_SYMBOL = "*"
WINDOW = 10_000
# Older ones than so many are encoded anew for who resumes there.
_ENCODED = 1_000
# After so many sends the loop gets to do something else, and what came meanwhile can join the line.
_SENDS_AT_ONCE = 250
# A prime, so that over the updates everybody gets to be the first.
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
        self._line: deque[Reader] = deque()
        self._due: dict[Reader, list[Update]] = {}
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
        self._keep(update)
        self.show(update)

    def show(self, update: Update) -> None:
        """Something that stands, whenever it was told."""
        topic = (update.channel, update.symbol)
        held = self._latest.get(topic)
        if held is not None and update.order <= held.order:
            return
        self._latest[topic] = update
        self._hand_out(update)

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
        """From now on; what was put before is not delivered again."""
        self.catch_up(reader)
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

    def catch_up(self, reader: Reader) -> None:
        """Deliver what waits for it, now."""
        if updates := self._due.pop(reader, None):
            reader.deliver(updates)

    def flush(self) -> None:
        """Deliver all that waits, now."""
        self._deliver(len(self._line))

    def _known(self, topics: Iterable[Topic]) -> list[Topic]:
        wanted = set(topics)
        if every := {channel for channel, symbol in wanted if symbol == EVERY_SYMBOL}:
            wanted |= {topic for topic in self._latest if topic[0] in every}
        return sorted(wanted)

    def _keep(self, update: Update) -> None:
        """For who resumes. Forgetting many at once costs less than each by itself."""
        told = self._told
        told.append(update)
        if len(told) > _ENCODED:
            told[-_ENCODED - 1].forget_frames()
        if len(told) > self._window + self._window // 8:
            del told[: -self._window]

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
        self._deliver(_SENDS_AT_ONCE)
        if self._line:
            self._wake()

    def _hand_out(self, update: Update) -> None:
        """Each time somebody else comes first, so that nobody is always the last."""
        line, due = self._line, self._due
        wanting = self._wanting(update)
        first = self.count * _STRIDE % len(wanting) if wanting else 0
        # Most readers get one update at a time, which is why these have one list together.
        alone = [update]
        for reader in wanting[first:] + wanting[:first]:
            waiting = due.get(reader)
            if waiting is None:
                due[reader] = alone
                line.append(reader)
            elif len(waiting) == 1:
                due[reader] = [*waiting, update]
            else:
                waiting.append(update)
        if line:
            self._wake()

    def _wanting(self, update: Update) -> list[Reader]:
        """Each once, also who asked for the symbol and for all of them."""
        readers = self._readers.get((update.channel, update.symbol), {})
        greedy = self._readers.get((update.channel, EVERY_SYMBOL))
        return [*(readers | greedy if greedy else readers)]

    def _deliver(self, most: int) -> None:
        line, due = self._line, self._due
        for _ in range(min(most, len(line))):
            reader = line.popleft()
            # Who has caught up meanwhile has nothing due.
            if updates := due.pop(reader, None):
                reader.deliver(updates)


def _soon(act: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(act)
