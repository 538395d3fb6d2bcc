"""One queue in memory: who is visible, who is hidden until when, who waits for a message."""

import asyncio
from typing import NamedTuple

from local.clock import Clock
from local.queues.agenda import Agenda
from local.queues.fairness import FairLine
from local.queues.message import Message, QueueSpec


class Depth(NamedTuple):
    visible: int
    in_flight: int
    delayed: int


class Queue:
    """Every call is O(log n). Nothing here is durable: see Queues."""

    def __init__(self, spec: QueueSpec, clock: Clock) -> None:
        self.spec = spec
        self.messages: dict[str, Message] = {}
        self.purged_at: float | None = None
        self._clock = clock
        self._line = FairLine()
        self._hidden: Agenda[Message] = Agenda()
        self._expiring: Agenda[Message] = Agenda()
        self._count = {"visible": 0, "in_flight": 0, "delayed": 0}
        self._waiting: dict[asyncio.Future[None], float] = {}
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = float("inf")

    def now(self) -> float:
        return self._clock.now().timestamp()

    def put(self, message: Message) -> None:
        """Takes in a new message, or one that an earlier process left."""
        self.messages[message.id] = message
        message.expiry = self._expiring.add(message.sent + self.spec.retention, message)
        if message.visible_at > self.now():
            self._hide(message)
        else:
            self._show(message)

    def take(self) -> Message | None:
        """The next visible message, out of the line; the caller hides or discards it."""
        message = self._line.pop()
        if message is not None:
            self._count["visible"] -= 1
            message.place = "gone"
        return message

    def hide(self, message: Message, until: float) -> None:
        """In flight until then, whether it was taken just now or is in flight already."""
        self._leave(message)
        message.visible_at = until
        if until > self.now():
            self._hide(message)
        else:
            self._show(message)

    def discard(self, message: Message) -> None:
        self._leave(message)
        self._expiring.discard(message.expiry)
        del self.messages[message.id]

    def refresh(self) -> list[Message]:
        """Shows what is due; discards and returns what is past its retention."""
        now = self.now()
        for message in self._hidden.pop_due(now):
            self._leave(message)
            self._show(message)
        expired = list(self._expiring.pop_due(now))
        for message in expired:
            self.discard(message)
        return expired

    def oldest(self) -> float:
        """Seconds since the oldest message was sent, wherever it is now; 0 where there is none."""
        sent = min((message.sent for message in self.messages.values()), default=self.now())
        return self.now() - sent

    def depth(self) -> Depth:
        return Depth(self._count["visible"], self._count["in_flight"], self._count["delayed"])

    async def wait(self, deadline: float) -> None:
        """Returns when a message may have become visible, at the latest at the deadline."""
        woken = asyncio.get_running_loop().create_future()
        self._waiting[woken] = deadline
        self._set_alarm()
        try:
            await woken
        except asyncio.CancelledError:
            if woken.done() and not woken.cancelled():
                self._wake_one()  # The message announced to this one is for another.
            raise
        finally:
            self._waiting.pop(woken, None)

    def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()

    def _leave(self, message: Message) -> None:
        if message.place != "gone":
            self._count[message.place] -= 1
            message.place = "gone"
        self._hidden.discard(message.timer)

    def _hide(self, message: Message) -> None:
        message.place = "in_flight" if message.receives else "delayed"
        self._count[message.place] += 1
        message.timer = self._hidden.add(message.visible_at, message)
        if self._waiting:
            self._set_alarm()

    def _show(self, message: Message) -> None:
        message.place = "visible"
        self._count["visible"] += 1
        self._line.append(message)
        self._wake_one()

    def _wake_one(self) -> None:
        for woken in self._waiting:
            if not woken.done():
                woken.set_result(None)
                return

    def _set_alarm(self) -> None:
        """One timer serves all who wait: the next message due, or the next deadline."""
        due = [self._hidden.next_at(), *self._waiting.values()]
        at = min((moment for moment in due if moment is not None), default=float("inf"))
        if at >= self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = asyncio.get_running_loop().create_task(self._ring(at))

    async def _ring(self, at: float) -> None:
        await self._clock.sleep(at - self.now())
        self._alarm, self._alarm_at = None, float("inf")
        now = self.now()
        for woken, deadline in self._waiting.items():
            if deadline <= now and not woken.done():
                woken.set_result(None)
        due = self._hidden.next_at()
        if due is not None and due <= now:
            self._wake_one()
        if any(not woken.done() for woken in self._waiting):
            self._set_alarm()
