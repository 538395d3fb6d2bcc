"""Rules, schedules and queue sources, whether they are resources or events of a function."""

import json
import re
from typing import Any, NamedTuple

from local.template.errors import Place, TemplateError
from local.template.model import EventSourceSpec, RuleSpec, ScheduleSpec, Shape, Target
from local.template.properties import Properties
from local.template.resources import Resources

_TARGET_TYPES = {
    "lambda": ("function", "AWS::Serverless::Function"),
    "sqs": ("queue", "AWS::SQS::Queue"),
    "states": ("machine", "AWS::Serverless::StateMachine"),
    "events": ("bus", "AWS::Events::EventBus"),
}
_PATH = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_-]*)+")
_PLACE = re.compile(r"<([A-Za-z0-9_]+)>")
_CLOUD_RETRIES = ("RetryPolicy", "RoleArn", "PermissionsBoundary", "Description")


class Triggers(NamedTuple):
    event_sources: list[EventSourceSpec]
    rules: list[RuleSpec]
    schedules: list[ScheduleSpec]


def read_resources(resources: Resources, triggers: Triggers) -> None:
    """The rules and schedules that are resources of their own."""
    for name, properties in resources.of_type("AWS::Events::Rule"):
        _read_rule(name, properties, resources, triggers)
    for name, properties in resources.of_type("AWS::Scheduler::Schedule"):
        below = properties.child("Target")
        target = target_of(below, resources)._replace(input=_input(below.text("Input", None)))
        below.leave(("RoleArn", "RetryPolicy", "DeadLetterConfig"))
        below.finish()
        properties.leave(("Name", "Description", "FlexibleTimeWindow", "KmsKeyArn"))
        _add_schedule(resources.name(name), properties, target, triggers)


def read_event(name: str, event: Properties, own: Target, triggers: Triggers) -> None:
    """One entry of a function's or a machine's Events."""
    kind = event.one_of("Type", ("SQS", "ScheduleV2", "EventBridgeRule"))
    properties = event.child("Properties")
    if kind == "SQS" and own.kind == "function":
        triggers.event_sources.append(_event_source(properties, own.name))
    elif kind == "ScheduleV2":
        properties.leave((*_CLOUD_RETRIES, "DeadLetterConfig", "FlexibleTimeWindow", "OmitName"))
        target = own._replace(input=_input(properties.text("Input", None)))
        _add_schedule(properties.text("Name", name), properties, target, triggers)
    elif kind == "EventBridgeRule":
        properties.leave((*_CLOUD_RETRIES, "Target"))
        _add_rule(properties.text("RuleName", name), properties, "Pattern", own, triggers)
    else:
        raise TemplateError(event.at("Type"), f"{kind} cannot start a {own.kind}")


def target_of(properties: Properties, resources: Resources) -> Target:
    """The thing an `Arn` points at."""
    arn, place = properties.text("Arn"), properties.at("Arn")
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service not in _TARGET_TYPES:
        raise TemplateError(place, f"{arn!r} is no function, queue, state machine or bus")
    kind, resource_type = _TARGET_TYPES[service]
    name = arn.split(":", 5)[5].removeprefix("function:").removeprefix("stateMachine:")
    name = name.removeprefix("event-bus/").partition(":")[0]
    logical_id = resources.named(resource_type, name, place)
    return Target(kind, logical_id if kind == "function" else name)  # type: ignore[arg-type]  # one of the table above


def queue_name(arn: str, place: Place) -> str:
    if not arn.startswith("arn:aws:sqs:"):
        raise TemplateError(place, f"{arn!r} is not the ARN of a queue")
    return arn.rpartition(":")[2]


def _read_rule(name: str, properties: Properties, resources: Resources, triggers: Triggers) -> None:
    properties.leave(("Name", "Description", "RoleArn"))
    targets = []
    for _, entry in properties.children("Targets"):
        group = entry.child("SqsParameters")
        target = target_of(entry, resources)._replace(
            input=_input(entry.text("Input", None)),
            shape=_shape(entry.child("InputTransformer")),
            group=group.text("MessageGroupId", None),
            dead_letter=_dead_letter(entry),
        )
        entry.leave(("Id", "RoleArn", "RetryPolicy"))
        group.finish()
        entry.finish()
        targets.append(target)
    enabled = _enabled(properties)
    pattern, bus = properties.get("EventPattern"), _bus(properties)
    properties.finish()
    if enabled:
        triggers.rules.append(RuleSpec(resources.name(name), bus, pattern, tuple(targets)))


def _add_rule(
    name: str, properties: Properties, pattern: str, own: Target, triggers: Triggers
) -> None:
    target = own._replace(
        input=_input(properties.text("Input", None)), dead_letter=_dead_letter(properties)
    )
    rule = RuleSpec(name, _bus(properties), properties.get(pattern), (target,))
    enabled = _enabled(properties)
    properties.finish()
    if enabled:
        triggers.rules.append(rule)


def _add_schedule(name: str, properties: Properties, target: Target, triggers: Triggers) -> None:
    schedule = ScheduleSpec(
        name,
        properties.text("ScheduleExpression"),
        properties.text("ScheduleExpressionTimezone", "UTC"),
        properties.text("GroupName", "default"),
        target,
    )
    enabled = _enabled(properties)
    properties.leave(("Name",))
    properties.finish()
    if enabled:
        triggers.schedules.append(schedule)


def _event_source(properties: Properties, function: str) -> EventSourceSpec:
    scaling = properties.child("ScalingConfig")
    types = properties.get("FunctionResponseTypes", [])
    if set(types) - {"ReportBatchItemFailures"}:
        raise TemplateError(properties.at("FunctionResponseTypes"), f"{types} is not supported")
    if not properties.flag("Enabled", default=True):
        raise TemplateError(properties.at("Enabled"), "leave the event out instead")
    source = EventSourceSpec(
        queue=queue_name(properties.text("Queue"), properties.at("Queue")),
        function=function,
        batch_size=properties.number("BatchSize", 10),
        window=properties.number("MaximumBatchingWindowInSeconds", 0),
        max_concurrency=scaling.number("MaximumConcurrency", None),
        report_failures=bool(types),
    )
    scaling.finish()
    properties.finish()
    return source


def _bus(properties: Properties) -> str:
    return str(properties.text("EventBusName", "default")).rpartition("/")[2]


def _enabled(properties: Properties) -> bool:
    return bool(properties.one_of("State", ("ENABLED", "DISABLED"), "ENABLED") == "ENABLED")


def _dead_letter(properties: Properties) -> str | None:
    letters = properties.child("DeadLetterConfig")
    arn = letters.text("Arn", None)
    letters.finish()
    return queue_name(arn, letters.at("Arn")) if arn else None


def _input(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _shape(transformer: Properties) -> Shape | None:
    if not list(transformer):
        return None
    paths, template = transformer.texts("InputPathsMap"), transformer.text("InputTemplate")
    for name, path in paths.items():
        if not _PATH.fullmatch(path):
            place = transformer.at("InputPathsMap").of(name)
            raise TemplateError(place, f"{path!r}: only $.name.name is supported")
    if unknown := {name for name in _PLACE.findall(template) if name not in paths}:
        raise TemplateError(transformer.at("InputTemplate"), f"<{min(unknown)}> is no path's name")
    transformer.finish()
    return Shape(paths, template)
