"""The application as the local runtime sees it: plain frozen values, every intrinsic resolved."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple


class FunctionSpec(NamedTuple):
    logical_id: str
    name: str
    arn: str
    code_uri: Path
    handler: str
    timeout: float
    memory: int
    environment: Mapping[str, str]
    max_concurrency: int | None
    layers: tuple[Path, ...]


class Route(NamedTuple):
    method: str
    path: str
    function: str
    authorizer: str | None


class AuthorizerSpec(NamedTuple):
    """A Lambda authorizer. `headers` and `queries` are its identity sources and its cache key."""

    name: str
    function: str
    kind: Literal["TOKEN", "REQUEST"]
    ttl: float
    headers: tuple[str, ...]
    queries: tuple[str, ...] = ()
    validation: str | None = None


class GatewayResponse(NamedTuple):
    status: int | None
    headers: Mapping[str, str]
    content_type: str | None
    template: str | None


class CorsSpec(NamedTuple):
    """The preflight answer; `methods` None means those of the path, an authorizer guards it."""

    origin: str
    headers: str | None
    methods: str | None
    max_age: str | None
    credentials: bool
    authorizer: str | None


class ApiSpec(NamedTuple):
    api_id: str
    stage: str
    variables: Mapping[str, str]
    routes: tuple[Route, ...]
    authorizers: Mapping[str, AuthorizerSpec]
    responses: Mapping[str, GatewayResponse]
    cors: CorsSpec | None


class WebSocketSpec(NamedTuple):
    """`routes` are functions by route key; `selected_by` is the field of a message that names one.

    `authorizer` is the function that is asked when somebody connects.
    """

    api_id: str
    stage: str
    variables: Mapping[str, str]
    selected_by: str
    routes: Mapping[str, str]
    authorizer: str | None


class QueueSpec(NamedTuple):
    name: str
    visibility: float
    delay: float
    retention: float
    dead_letter: str | None
    max_receives: int | None


class EventSourceSpec(NamedTuple):
    queue: str
    function: str
    batch_size: int
    window: float
    max_concurrency: int | None
    report_failures: bool


class Shape(NamedTuple):
    """An input transformer: the paths in the event of what stands as <name> in the template."""

    paths: Mapping[str, str]
    template: str


class Target(NamedTuple):
    """What a rule or a schedule starts. `name` is a logical id of a function, else a name."""

    kind: Literal["function", "queue", "machine", "bus"]
    name: str
    input: Any = None
    shape: Shape | None = None
    group: str | None = None
    dead_letter: str | None = None


class RuleSpec(NamedTuple):
    name: str
    bus: str
    pattern: Mapping[str, Any]
    targets: tuple[Target, ...]


class ScheduleSpec(NamedTuple):
    name: str
    expression: str
    timezone: str
    group: str
    target: Target


class MachineSpec(NamedTuple):
    logical_id: str
    name: str
    arn: str
    definition: Mapping[str, Any]
    kind: Literal["EXPRESS", "STANDARD"]


class LayerSpec(NamedTuple):
    logical_id: str
    arn: str
    content: Path


class Application(NamedTuple):
    functions: Mapping[str, FunctionSpec]
    api: ApiSpec | None
    websocket: WebSocketSpec | None
    queues: tuple[QueueSpec, ...]
    event_sources: tuple[EventSourceSpec, ...]
    buses: tuple[str, ...]
    rules: tuple[RuleSpec, ...]
    schedules: tuple[ScheduleSpec, ...]
    machines: tuple[MachineSpec, ...]
    layers: tuple[LayerSpec, ...]
    secrets: tuple[str, ...]
