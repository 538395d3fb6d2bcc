"""Reads a template file into an Application: functions, queues, machines, and what starts them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.template import api, targets
from local.template.document import read_document
from local.template.errors import TemplateError
from local.template.model import (
    Application,
    FunctionSpec,
    LayerSpec,
    MachineSpec,
    QueueSpec,
    Target,
)
from local.template.properties import Properties
from local.template.resources import Resources
from local.template.targets import Triggers
from local.template.websocket import read_websocket_api

_FUNCTION_CLOUD_ONLY = (
    "FunctionName", "Description", "Architectures", "Policies", "Role", "AssumeRolePolicyDocument",
    "PermissionsBoundary", "RolePath", "Tags", "PropagateTags", "Tracing", "VpcConfig", "KmsKeyArn",
    "LoggingConfig", "SnapStart", "AutoPublishAlias", "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256", "DeploymentPreference", "ProvisionedConcurrencyConfig",
    "EphemeralStorage", "CodeSigningConfigArn", "RuntimeManagementConfig", "RecursiveLoop",
)  # fmt: skip
_MACHINE_CLOUD_ONLY = (
    "Name", "Role", "Policies", "PermissionsBoundary", "RolePath", "Logging", "Tracing", "Tags",
    "PropagateTags", "AutoPublishAlias", "DeploymentPreference", "UseAliasAsEventTarget",
)  # fmt: skip
_QUEUE_CLOUD_ONLY = (
    "QueueName", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled",
    "RedriveAllowPolicy", "Tags",
)  # fmt: skip
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


def read_template(
    path: Path, values: Mapping[str, str] | None = None, *, endpoint: str = "http://127.0.0.1:4566"
) -> Application:
    """The application in the template at `path`. Raises TemplateError.

    `values` gives parameters by name, and what a cloud-only resource would give as `LogicalId`
    (its Ref) or `LogicalId.Attribute`. Queue URLs start with `endpoint`.
    """
    resources = Resources(read_document(path), values or {}, endpoint)
    root = path.resolve().parent
    triggers = Triggers([], [], [])
    layers = tuple(
        _layer(name, its, resources, root)
        for name, its in resources.of_type("AWS::Serverless::LayerVersion")
    )
    events: list[api.ApiEvent] = []
    functions = {}
    for name, properties in resources.of_type("AWS::Serverless::Function"):
        _function_events(name, properties, events, triggers)
        functions[name] = _function(name, properties, resources, layers, root)
    machines = tuple(
        _machine(name, its, resources, triggers, root)
        for name, its in resources.of_type("AWS::Serverless::StateMachine")
    )
    targets.read_resources(resources, triggers)
    return Application(
        functions=functions,
        api=api.read_api(resources, events),
        websocket=read_websocket_api(resources),
        queues=_queues(resources),
        event_sources=tuple(triggers.event_sources),
        buses=("default", *_names(resources, "AWS::Events::EventBus", ("Description", "Tags"))),
        rules=tuple(triggers.rules),
        schedules=tuple(triggers.schedules),
        machines=machines,
        layers=layers,
        secrets=tuple(
            resources.name(name) for name, _ in resources.of_type("AWS::SecretsManager::Secret")
        ),
    )


def _function(
    name: str,
    properties: Properties,
    resources: Resources,
    layers: tuple[LayerSpec, ...],
    root: Path,
) -> FunctionSpec:
    if not properties.text("Runtime").startswith("python"):
        raise TemplateError(properties.at("Runtime"), "only Python functions run here")
    properties.one_of("PackageType", ("Zip",), "Zip")
    environment = properties.child("Environment")
    spec = FunctionSpec(
        logical_id=name,
        name=resources.name(name),
        arn=resources.arn(name),
        code_uri=_folder(properties, "CodeUri", root),
        handler=properties.text("Handler"),
        timeout=float(properties.number("Timeout", 3)),
        memory=properties.number("MemorySize", 128),
        environment=environment.texts("Variables"),
        max_concurrency=properties.number("ReservedConcurrentExecutions", None),
        layers=_layer_paths(properties, layers),
    )
    environment.finish()
    properties.leave(_FUNCTION_CLOUD_ONLY)
    properties.finish()
    return spec


def _function_events(
    name: str, properties: Properties, events: list[api.ApiEvent], triggers: Triggers
) -> None:
    for event_name, event in properties.children("Events"):
        if event.get("Type") == "Api":
            events.append(api.read_event(event.child("Properties"), name))
        else:
            targets.read_event(f"{name}{event_name}", event, Target("function", name), triggers)
        event.finish()


def _layer_paths(properties: Properties, layers: tuple[LayerSpec, ...]) -> tuple[Path, ...]:
    known = {layer.arn: layer.content for layer in layers}
    paths = []
    for index, arn in enumerate(properties.get("Layers", [])):
        if arn not in known:
            raise TemplateError(properties.at("Layers").of(index), f"{arn} is not in this template")
        paths.append(known[arn])
    return tuple(paths)


def _layer(name: str, properties: Properties, resources: Resources, root: Path) -> LayerSpec:
    content = _folder(properties, "ContentUri", root)
    built = content / "python"
    arn = str(resources.resolver.resolve({"Ref": name}, properties.place))
    properties.leave(("LayerName", "Description", "CompatibleRuntimes", "CompatibleArchitectures",
                      "LicenseInfo", "RetentionPolicy", "PublishLambdaVersion"))  # fmt: skip
    properties.finish()
    return LayerSpec(name, arn, built if built.is_dir() else content)


def _machine(
    name: str, properties: Properties, resources: Resources, triggers: Triggers, root: Path
) -> MachineSpec:
    machine_name = resources.name(name)
    spec = MachineSpec(
        logical_id=name,
        name=machine_name,
        arn=resources.arn(name),
        definition=_definition(properties, root),
        kind=properties.one_of("Type", ("STANDARD", "EXPRESS"), "STANDARD"),
    )
    for event_name, event in properties.children("Events"):
        targets.read_event(f"{name}{event_name}", event, Target("machine", machine_name), triggers)
        event.finish()
    properties.leave(_MACHINE_CLOUD_ONLY)
    properties.finish()
    return spec


def _definition(properties: Properties, root: Path) -> dict[str, Any]:
    place = properties.at("DefinitionUri")
    path = root / properties.text("DefinitionUri")
    if not path.is_file():
        raise TemplateError(place, f"there is no file {path.name}")
    given = properties.texts("DefinitionSubstitutions")
    used: set[str] = set()

    def substitute(match: re.Match[str]) -> str:
        if match[1] not in given:
            raise TemplateError(place, f"{path.name} wants a substitution for {match[1]}")
        used.add(match[1])
        return given[match[1]]

    text = _PLACEHOLDER.sub(substitute, path.read_text(encoding="utf-8"))
    if unused := sorted(given.keys() - used):
        raise TemplateError(
            properties.at("DefinitionSubstitutions"), f"{path.name} does not use {unused[0]}"
        )
    try:
        definition: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise TemplateError(place, f"{path.name} is not JSON: {error}") from error
    return definition


def _queues(resources: Resources) -> tuple[QueueSpec, ...]:
    queues = []
    for name, properties in resources.of_type("AWS::SQS::Queue"):
        redrive = properties.child("RedrivePolicy")
        dead_letter = redrive.text("deadLetterTargetArn", None)
        if dead_letter is not None:
            dead_letter = targets.queue_name(dead_letter, redrive.at("deadLetterTargetArn"))
        queues.append(
            QueueSpec(
                name=resources.name(name),
                visibility=properties.number("VisibilityTimeout", 30),
                delay=properties.number("DelaySeconds", 0),
                retention=properties.number("MessageRetentionPeriod", 345600),
                dead_letter=dead_letter,
                max_receives=redrive.number("maxReceiveCount", 10) if dead_letter else None,
            )
        )
        redrive.finish()
        properties.leave(_QUEUE_CLOUD_ONLY)
        properties.finish()
    return tuple(queues)


def _names(resources: Resources, kind: str, left: tuple[str, ...]) -> list[str]:
    names = []
    for name, properties in resources.of_type(kind):
        properties.leave(("Name", *left))
        properties.finish()
        names.append(resources.name(name))
    return names


def _folder(properties: Properties, name: str, root: Path) -> Path:
    path: Path = (root / properties.text(name)).resolve()
    if not path.is_dir():
        raise TemplateError(properties.at(name), f"there is no folder {properties.text(name)}")
    return path
