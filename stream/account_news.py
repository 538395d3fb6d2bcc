"""What happens in accounts, for the streams of this task that listen to one.

The log in the database is all there is: nothing is kept for a listener but its place in it. So a
listener that takes nothing for a while costs nothing, and Redis is not needed (decision 0036).
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from time import monotonic
from typing import Protocol

from hub.application.ports.streaming import AccountEvent
from hub.application.streaming.telling import event_record
from hub.domain.kernel import AccountId, CustomerId, UnavailableError
from stream.encoding import numbered_event

LOOK_SECONDS = 0.03
# In four fifths of the time the database does nothing for listeners, however many they are.
_REST = 4.0
_RETRY_AFTER = 1.0

# An account, and the number of the last event that is known of it.
Place = tuple[AccountId, int]


class EventLog(Protocol):
    """The events of all accounts. Every call raises UnavailableError while it is away."""

    async def head(self, customer_id: CustomerId, account_id: AccountId) -> int | None:
        """The last number; None where the customer has no such account."""
        ...

    async def after(self, places: Sequence[Place]) -> Sequence[tuple[int, AccountEvent]]:
        """What follows each place, by its index; place by place, each in order.

        Not all of it, where it is much; but of the first place something, if there is anything.
        """
        ...


class Listener(Protocol):
    @property
    def ready(self) -> bool:
        """Whether it can take more now."""
        ...

    def tell(self, frames: bytes, count: int) -> None: ...


class AccountNews:
    """Listeners of one account who are at the same place are told together, and then go on."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        # Who was told something comes to the end: those who wait longest are told first.
        self._there: defaultdict[Place, dict[Listener, None]] = defaultdict(dict)
        self._places: dict[Listener, Place] = {}
        self._somebody = asyncio.Event()

    @property
    def listeners(self) -> int:
        return len(self._places)

    async def head(self, customer_id: CustomerId, account_id: AccountId) -> int | None:
        """The last number of an account's log; None where the customer has no such account.

        Raises UnavailableError.
        """
        return await self._log.head(customer_id, account_id)

    def join(self, listener: Listener, place: Place) -> None:
        """It is told what follows."""
        self._places[listener] = place
        self._there[place][listener] = None
        self._somebody.set()

    def leave(self, listener: Listener) -> None:
        place = self._places.pop(listener, None)
        if place is not None:
            self._take_from(place, listener)
        if not self._places:
            self._somebody.clear()

    async def follow(self) -> None:
        """Runs until it is cancelled; asks the database nothing while nobody listens."""
        while True:
            await self._somebody.wait()
            began = monotonic()
            try:
                await self.look()
            except UnavailableError:
                await asyncio.sleep(_RETRY_AFTER)
            else:
                await asyncio.sleep(max(LOOK_SECONDS, _REST * (monotonic() - began)))

    async def look(self) -> None:
        """Tell everybody who can take it what they do not know. Raises UnavailableError."""
        places = [
            place for place, there in self._there.items() if any(each.ready for each in there)
        ]
        if not places:
            return
        found = await self._log.after(places)
        for number, rows in groupby(found, key=lambda row: row[0]):
            self._tell(places[number], [event for _, event in rows])

    def _tell(self, place: Place, events: Sequence[AccountEvent]) -> None:
        frames = b"".join([_frame(event) for event in events])
        for listener in list(self._there.get(place, ())):
            if listener.ready:
                self._take_from(place, listener)
                self.join(listener, (place[0], events[-1].sequence))
                listener.tell(frames, len(events))

    def _take_from(self, place: Place, listener: Listener) -> None:
        there = self._there[place]
        del there[listener]
        if not there:
            del self._there[place]


def _frame(event: AccountEvent) -> bytes:
    return numbered_event(event.sequence, "event", event_record(event))
