"""The ports of a run: time, ids, Redis and the queue, each with what can go wrong there."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from hub.adapters.redis.market_data import CLOCK_KEY, QUOTE_KEY
from hub.application.books import Destination
from hub.application.ports.cache import CacheDownError
from hub.application.ports.messages import Failed, Message
from hub.domain.kernel import UnavailableError
from hub.domain.market.clock import MarketClock, clock_record
from hub.domain.market.quote import Quote, quote_record
from tests.simulation.chance import Fault
from tests.simulation.scheduler import Scheduler

VISIBILITY_SECONDS = 60.0
MOST_DELIVERIES = 5
BATCH = 10
DEAD_LETTERS = "orders-dlq"
_RENEWED_EVERY = timedelta(seconds=2)


class TaskIds:
    """UUIDv7s that depend on the task that asks, and on nothing that others do."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.begin(0)

    def begin(self, seed: int) -> None:
        self._seed = seed
        self._dice: dict[str, Random] = {}
        self._count = 0

    def new(self) -> str:
        task = self._scheduler.running
        name = task.name if task else "world"
        dice = self._dice.setdefault(name, Random(f"{self._seed}/{name}/ids"))
        self._count += 1
        milliseconds = int(self._scheduler.clock.now().timestamp() * 1000)
        value = milliseconds << 80 | 0x7 << 76 | (self._count & 0xFFF) << 64
        return str(UUID(int=value | 0b10 << 62 | dice.getrandbits(62)))


class SimulatedRedis:
    """The market's latest, as the stream task leaves it; who reads it may find nobody there."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._texts: dict[str, str] = {}

    def begin(self, market: datetime) -> None:
        self._texts.clear()
        self.turn_to(market)

    def turn_to(self, market: datetime) -> None:
        """From now on it is that time in the market."""
        self._anchor = MarketClock(market, self._scheduler.clock.now())

    def market_time(self) -> datetime:
        return self._anchor.at(self._scheduler.clock.now())

    def run(self, work: Callable[[Any], Any]) -> Any:
        met = self._scheduler.seam("redis", Fault.REDIS, Fault.KILL)
        if met is Fault.REDIS:
            raise CacheDownError
        return work(self)

    def mget(self, keys: Sequence[str]) -> list[str | None]:
        return [self._clock_text() if key == CLOCK_KEY else self._texts.get(key) for key in keys]

    def _clock_text(self) -> str:
        anchor = self.clock()
        return json.dumps(clock_record(anchor))

    def show_quote(self, quote: Quote) -> None:
        self._texts[QUOTE_KEY + quote.symbol] = json.dumps(quote_record(quote))

    def last_closes(self, symbols: Sequence[str], moment: datetime) -> Mapping[str, Quote]:
        """Nobody else knows a live quote either."""
        return {}

    def clock(self) -> MarketClock:
        """Its source renews the anchor every two seconds."""
        age = (self._scheduler.clock.now() - self._anchor.wall) // _RENEWED_EVERY * _RENEWED_EVERY
        return MarketClock(self._anchor.market + age, self._anchor.wall + age)


class InQueue:
    """A message of a standard queue, and how often it was given out."""

    def __init__(self, name: str, message: Message, visible_at: datetime) -> None:
        self.name = name
        self.message = message
        self.visible_at = visible_at
        self.deliveries = 0


class SimulatedQueues:
    """The publisher's other end: at least once, late, in any order; the bus only listens."""

    def __init__(self, scheduler: Scheduler, consume: Callable[[Sequence[InQueue]], None]) -> None:
        self._scheduler = scheduler
        self._consume = consume
        self.begin()

    def begin(self) -> None:
        self.waiting: dict[str, list[InQueue]] = {}
        self.dead: list[InQueue] = []
        self.told: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._batches: dict[str, int] = {}

    def publish(self, messages: Sequence[Message]) -> Sequence[str]:
        met = self._scheduler.seam("before publish", Fault.REFUSED, Fault.KILL)
        taken = list(messages)
        if met is Fault.REFUSED:
            task = self._scheduler.running
            assert task is not None
            taken = taken[: task.dice.randrange(len(taken))]
        for message in taken:
            self.told.add(message.message_id)
            if message.destination != Destination.BUS:
                self._put(message)
        self._scheduler.seam("after publish", Fault.KILL)
        return [message.message_id for message in taken]

    def _put(self, message: Message) -> None:
        task, chance = self._scheduler.running, self._scheduler.chance
        publisher = task.name if task else "world"
        number = self._numbers[publisher] = self._numbers.get(publisher, 0) + 1
        name = f"{publisher}.{number}"
        dice = chance.dice(f"{name}/queue")
        copies = 2 if chance.strikes(Fault.DOUBLE, dice, name, "queue") else 1
        for copy in range(copies):
            seconds = 0.002
            if chance.strikes(Fault.DELAY, dice, f"{name}.{copy}", "queue"):
                seconds = dice.choice((0.05, 0.5, 3.0, 9.0))
            each = InQueue(f"{name}.{copy}", message, self._scheduler.clock.now())
            self._show(each, seconds)

    def _show(self, each: InQueue, seconds: float) -> None:
        """Visible then; somebody will come for it."""
        each.visible_at = self._scheduler.clock.later(seconds)
        queue = self.waiting.setdefault(each.message.destination, [])
        if each not in queue:
            queue.append(each)
        name = f"deliver {each.name}x{each.deliveries + 1}"
        destination = each.message.destination
        self._scheduler.spawn(name, lambda: self._deliver(destination), each.visible_at)

    def _deliver(self, destination: str) -> None:
        now = self._scheduler.clock.now()
        batch = [each for each in self.waiting.get(destination, ()) if each.visible_at <= now]
        task = self._scheduler.running
        assert task is not None
        batch = batch[: task.dice.choice((1, 3, BATCH))]
        if not batch:
            return
        for each in batch:
            each.deliveries += 1
            self._hide(each)
        self._consume(batch)

    def _hide(self, each: InQueue) -> None:
        """Nobody sees it for a while; then it comes again, unless it is acknowledged."""
        if each.deliveries >= MOST_DELIVERIES:
            self.waiting[each.message.destination].remove(each)
            self.dead.append(each)
            if each.message.destination != DEAD_LETTERS:
                at = self._scheduler.clock.later(VISIBILITY_SECONDS)
                self._scheduler.spawn(f"give up {each.name}", lambda: self._give_up(each), at)
        else:
            self._show(each, VISIBILITY_SECONDS)

    def _give_up(self, each: InQueue) -> None:
        """Into the queue of what could not be delivered, unless it is acknowledged by then."""
        if each in self.dead:
            self.dead.remove(each)
            message = each.message._replace(destination=DEAD_LETTERS)
            self._show(InQueue(f"{each.name}d", message, self._scheduler.clock.now()), 0.0)

    def hide(self, failed: Failed, seconds: int) -> None:
        """A message that failed comes again after that long, and not when its visibility ends."""
        if self._scheduler.seam("before postpone", Fault.REFUSED, Fault.KILL) is Fault.REFUSED:
            raise UnavailableError("the queue does not answer")
        for each in self.waiting.get(failed.queue, ()):
            if each.name == failed.receipt:
                self._show(each, float(seconds))

    def acknowledge(self, batch: Sequence[InQueue]) -> None:
        for each in batch:
            task, chance = self._scheduler.running, self._scheduler.chance
            assert task is not None
            if chance.strikes(Fault.UNACKNOWLEDGED, task.dice, f"{task.name}/{each.name}", "queue"):
                continue
            if each in self.dead:
                self.dead.remove(each)
            elif each in self.waiting[each.message.destination]:
                self.waiting[each.message.destination].remove(each)

    def redrive(self) -> int:
        """What even the queue of what could not be delivered gave up is sent again."""
        again, self.dead = self.dead, []
        for each in again:
            each.deliveries = 0
            each.name += "r"
            self._show(each, 0.0)
        return len(again)
