"""The EventBridge twin: rules match events, targets get them, failures are tried again."""

import asyncio
import json
import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from local.awsapi import ApiError
from local.clock import Clock
from local.journal import Journal, Row
from local.patterns import Matcher, compile_pattern

Event = dict[str, Any]

_logger = logging.getLogger(__name__)
_MAX_ENTRIES = 10
_MAX_BYTES = 1024 * 1024
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 300.0
_REQUIRED = ("Source", "DetailType", "Detail")


class Target(NamedTuple):
    """`deliver` fails by raising; after the last attempt the event goes to `dead_letter`.

    The name must be the same after a restart: it is where pending events find their target again.
    """

    name: str
    deliver: Callable[[Event], Awaitable[object]]
    dead_letter: Callable[[Event], Awaitable[object]] | None = None
    max_attempts: int = 186
    max_age: float = 86400


class Rule(NamedTuple):
    name: str
    pattern: Mapping[str, Any]
    targets: Sequence[Target]
    bus: str = "default"


class _Delivery(NamedTuple):
    seq: int
    event: Event
    target: Target
    accepted: float
    attempts: int


class Bus:
    """An accepted event is delivered to each target at least once, also after a restart.

    Deliveries whose rule or target no longer exists stay in the file, untouched.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        *,
        file: Path | None,
        clock: Clock,
        buses: Iterable[str] = ("default",),
        region: str = "us-east-1",
        account: str = "000000000000",
        keep_recent: int = 1000,
    ) -> None:
        self.recent: deque[Event] = deque(maxlen=keep_recent)
        self._clock = clock
        self._region = region
        self._account = account
        self._rules: dict[str, list[tuple[Matcher, Rule]]] = {name: [] for name in buses}
        self._targets: dict[str, Target] = {}
        for rule in rules:
            self._add(rule)
        self._journal = Journal(file)
        self._running: set[asyncio.Task[None]] = set()

    def resume(self) -> int:
        """Takes up the deliveries that an earlier process left; how many. Call once, at start."""
        resumed = 0
        for seq, fixed, state in self._journal.rows():
            name, accepted, event = json.loads(fixed)
            if name in self._targets:
                target = self._targets[name]
                self._start(_Delivery(seq, event, target, accepted, int(state)))
                resumed += 1
        return resumed

    async def put(self, entry: Mapping[str, Any]) -> str:
        """Accepts one entry of PutEvents: the event's id. Raises ApiError for a bad one."""
        bus = str(entry.get("EventBusName") or "default").rpartition("/")[2]
        event = self._event(entry)
        if bus not in self._rules:
            raise ApiError("ResourceNotFoundException", f"Event bus {bus} does not exist.")
        self.recent.append(event)
        for matches, rule in self._rules[bus]:
            if matches(event):
                self._accept(rule, event)
        await self._journal.flush()
        return str(event["id"])

    async def settle(self) -> None:
        """Returns when nothing is under way: each delivery has succeeded or is given up."""
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        """What is not delivered yet is taken up by the next process."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._journal.close()

    def _add(self, rule: Rule) -> None:
        if rule.bus not in self._rules:
            raise ValueError(f"rule {rule.name}: there is no bus {rule.bus}")
        self._rules[rule.bus].append((compile_pattern(rule.pattern), rule))
        for target in rule.targets:
            key = f"{rule.name}/{target.name}"
            if key in self._targets:
                raise ValueError(f"rule {rule.name} has two targets named {target.name}")
            self._targets[key] = target

    def _event(self, entry: Mapping[str, Any]) -> Event:
        for name in _REQUIRED:
            if not entry.get(name):
                reason = f"{name} is a required argument."
                text = f"Parameter {name} is not valid. Reason: {reason}"
                raise ApiError("InvalidArgument", text)
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": self._account,
            "time": self._time(entry.get("Time")),
            "region": self._region,
            "resources": entry.get("Resources") or [],
            "detail": _detail(entry["Detail"]),
        }

    def _time(self, given: float | None) -> str:
        moment = self._clock.now() if given is None else datetime.fromtimestamp(given, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _accept(self, rule: Rule, event: Event) -> None:
        accepted = self._clock.now().timestamp()
        for target in rule.targets:
            key = f"{rule.name}/{target.name}"
            seq = self._journal.next_seq()
            self._journal.put(Row(seq, json.dumps([key, accepted, event]), "0"))
            self._start(_Delivery(seq, event, target, accepted, 0))

    def _start(self, delivery: _Delivery) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(delivery))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _deliver(self, delivery: _Delivery) -> None:
        target, attempts = delivery.target, delivery.attempts
        while not await self._attempt(delivery):
            attempts += 1
            self._journal.change(delivery.seq, str(attempts))
            delay = min(_FIRST_DELAY * 2 ** min(attempts - 1, 20), _LONGEST_DELAY)
            age = self._clock.now().timestamp() + delay - delivery.accepted
            if attempts >= target.max_attempts or age > target.max_age:
                await self._give_up(delivery)
                break
            await self._clock.sleep(delay)
        self._journal.drop(delivery.seq)
        await self._journal.flush()

    async def _attempt(self, delivery: _Delivery) -> bool:
        try:
            await delivery.target.deliver(delivery.event)
        except Exception:
            identity = delivery.event["id"]
            _logger.exception("event %s: target %s failed", identity, delivery.target.name)
            return False
        return True

    async def _give_up(self, delivery: _Delivery) -> None:
        _logger.error("event %s is given up", delivery.event["id"])
        if delivery.target.dead_letter is not None:
            await delivery.target.dead_letter(delivery.event)


class EventsTwin:
    """The EventBridge API over a bus. Rules come from the template."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if action != "PutEvents":
            text = f"{action} is not available on the local bus."
            raise ApiError("UnknownOperationException", text)
        entries = body.get("Entries") or []
        if not 1 <= len(entries) <= _MAX_ENTRIES:
            raise ApiError("ValidationException", "Entries must hold 1 to 10 entries.")
        if sum(map(_size, entries)) > _MAX_BYTES:
            raise ApiError("ValidationException", "Total size of the entries is over the limit.")
        results = [await self._put(entry) for entry in entries]
        failed = sum("ErrorCode" in result for result in results)
        return {"FailedEntryCount": failed, "Entries": results}

    async def _put(self, entry: Mapping[str, Any]) -> dict[str, str]:
        try:
            return {"EventId": await self._bus.put(entry)}
        except ApiError as error:
            return {"ErrorCode": error.code, "ErrorMessage": error.message}


def _detail(text: str) -> dict[str, Any]:
    try:
        detail = json.loads(text)
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        raise ApiError("MalformedDetail", "Detail is malformed.")
    return detail


def _size(entry: Mapping[str, Any]) -> int:
    """As AWS counts: the time has 14 bytes, everything else its length in UTF-8."""
    texts = [entry.get(name) or "" for name in _REQUIRED]
    texts += entry.get("Resources") or []
    return sum(len(str(text).encode()) for text in texts) + 14 * ("Time" in entry)
