"""How rules and schedules reach their targets: functions, queues, state machines, buses."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local.bus import Bus, Event, Rule
from local.bus import Target as BusTarget
from local.functions import Functions
from local.queues.message import Draft
from local.queues.queues import Queues
from local.schedules import Schedule
from local.statemachines.engine import Engine
from local.template.catalogue import ACCOUNT, REGION
from local.template.model import RuleSpec, ScheduleSpec, Target

# Lambda tries an asynchronous call three times; the bus itself tries the others for a day.
_FUNCTION_ATTEMPTS = 3
_STATES = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine"
_SCHEDULE = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule"


class Deliveries:
    """Sends a payload to a target. The bus and the engine may come to be later than this."""

    def __init__(
        self,
        functions: Functions,
        queues: Queues,
        *,
        engine: Callable[[], Engine],
        bus: Callable[[], Bus],
    ) -> None:
        self._functions = functions
        self._queues = queues
        self._engine = engine
        self._bus = bus

    async def deliver(self, target: Target, payload: Any) -> None:
        """Raises what the target raises."""
        if target.kind == "function":
            await self._functions.invoke(target.name, payload)
        elif target.kind == "queue":
            await self._queues.send(target.name, Draft(json.dumps(payload), group=target.group))
        elif target.kind == "machine":
            await self._engine().start(f"{_STATES}:{target.name}", payload)
        else:
            await self._bus().put(_entry(target.name, payload))

    def rule(self, spec: RuleSpec) -> Rule:
        targets = [self._target(index, target) for index, target in enumerate(spec.targets)]
        return Rule(spec.name, spec.pattern, targets, spec.bus)

    def schedule(self, spec: ScheduleSpec) -> Schedule:
        async def invoke(due: datetime) -> None:
            await self.deliver(spec.target, _scheduled(spec, due))

        return Schedule(spec.name, spec.expression, invoke, spec.timezone)

    def _target(self, index: int, target: Target) -> BusTarget:
        async def deliver(event: Event) -> None:
            await self.deliver(target, _payload(target, event))

        async def bury(event: Event) -> None:
            assert target.dead_letter is not None
            await self._queues.send(target.dead_letter, Draft(json.dumps(event)))

        named = BusTarget(
            f"{index}:{target.kind}:{target.name}",
            deliver,
            None if target.dead_letter is None else bury,
        )
        return (
            named._replace(max_attempts=_FUNCTION_ATTEMPTS) if target.kind == "function" else named
        )


def _payload(target: Target, event: Event) -> Any:
    if target.shape is None:
        return event if target.input is None else target.input
    text = target.shape.template
    for name, path in target.shape.paths.items():
        text = text.replace(f"<{name}>", json.dumps(_found(event, path)))
    return json.loads(text)


def _found(event: Event, path: str) -> Any:
    """What stands at a path such as $.detail.name; None where nothing does."""
    found: Any = event
    for name in path.split(".")[1:]:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _entry(bus_name: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "EventBusName": bus_name,
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": event["resources"],
    }


def _scheduled(spec: ScheduleSpec, due: datetime) -> Any:
    """The schedule's input with its context attributes, or Scheduler's own event."""
    arn = f"{_SCHEDULE}/{spec.group}/{spec.name}"
    time = due.strftime("%Y-%m-%dT%H:%M:%SZ")
    identity = str(uuid.uuid4())
    if spec.target.input is None:
        return {
            "version": "0",
            "id": identity,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": ACCOUNT,
            "time": time,
            "region": REGION,
            "resources": [arn],
            "detail": "{}",
        }
    text = json.dumps(spec.target.input)
    context = {
        "schedule-arn": arn,
        "scheduled-time": time,
        "execution-id": identity,
        "attempt-number": "1",
    }
    for name, value in context.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return json.loads(text)
