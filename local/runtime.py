"""The whole application of a template on one machine, its parts started and stopped as one."""

import asyncio
import logging
import socket
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from local.api import RestApi
from local.awsapi import ApiError, Twin
from local.bus import Bus, EventsTwin
from local.clock import Clock, WallClock
from local.deliveries import Deliveries
from local.endpoint import Endpoint
from local.event_sources import EventSource, FunctionFailedError
from local.functions import FunctionError, Functions, InvokeApi, UnknownFunctionError
from local.kms import KeyManagement, MasterKeys, new_master_keys
from local.metrics import Metrics
from local.objects import OBJECTS, FolderObjects
from local.queues.message import QueueSpec
from local.queues.queues import Queues
from local.queues.twin import SqsTwin
from local.schedules import Schedules
from local.secretsmanager import Secrets
from local.sockets import Connections, WebSocketApi
from local.statemachines import errors as machine_errors
from local.statemachines.engine import Engine
from local.statemachines.wire import StepFunctions
from local.template import read_template
from local.template.model import EventSourceSpec

PRELOAD = (
    "argon2", "aws_lambda_powertools", "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.metrics", "aws_lambda_powertools.utilities.batch",
    "cryptography.hazmat.primitives.ciphers.aead", "jwt", "psycopg", "pydantic", "redis",
    "sqlalchemy",
)  # fmt: skip
MARKET_GROUP = "market"
_SPLIT_SERVICES = ("SQS", "SFN", "CLOUDWATCH", "LAMBDA", "EVENTS", "KMS", "SECRETS_MANAGER",
                   "APIGATEWAYMANAGEMENTAPI")  # fmt: skip
_DEFAULT_CONCURRENCY = 5
_DRAIN = 5.0
_LOG = logging.getLogger(__name__)


class Runtime:
    """Everything that the template names, started and stopped as one.

    `parameters` are the values of `read_template`. `environment` is given to every function.
    Schedules of a group named `market` or `...-market` follow `market_clock`; what queues and state
    machines wait for follows `waits`; everything else, and these where they are not given, the
    wall. Port 0 takes a free one.
    """

    functions: Functions
    queues: Queues
    bus: Bus
    engine: Engine

    def __init__(
        self,
        template: Path,
        state: Path,
        *,
        api_port: int = 3000,
        websocket_port: int = 3001,
        aws_port: int = 4566,
        environment: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        master_keys: MasterKeys | None = None,
        market_clock: Clock | None = None,
        waits: Clock | None = None,
        preload: Sequence[str] = PRELOAD,
        watch: float | None = 1.0,
    ) -> None:
        self._aws_port = aws_port or _free_port()
        self.aws_url = f"http://127.0.0.1:{self._aws_port}"
        self.api_url: str | None = None
        self.websocket_url: str | None = None
        self.application = read_template(template, parameters, endpoint=self.aws_url)
        self._state = state
        self._api_port = api_port
        self._websocket_port = websocket_port
        self._connections = Connections()
        self._environment = {**_endpoints(self.aws_url), **(environment or {})}
        self._secrets = dict(secrets or {})
        self._master_keys = master_keys or new_master_keys()
        self._market_clock = market_clock
        self._preload = preload
        self._watch = watch
        self._clock = WallClock()
        self._waits = waits or self._clock
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Start all parts; when one cannot start, those already started are stopped again."""
        async with AsyncExitStack() as stack:
            self._state.mkdir(parents=True, exist_ok=True)
            await self._start_stores(stack)
            await self._start_endpoint(stack)
            self._start_triggers(stack)
            await self._start_api(stack)
            await self._start_websocket_api(stack)
            self._stack = stack.pop_all()

    async def stop(self) -> None:
        await self._stack.aclose()

    async def _start_stores(self, stack: AsyncExitStack) -> None:
        app = self.application
        self.queues = Queues(
            [QueueSpec(*spec) for spec in app.queues],
            file=self._state / "queues.sqlite",
            clock=self._waits,
            endpoint=self.aws_url,
        )
        stack.callback(self.queues.close)
        self.functions = Functions(
            app.functions,
            state=self._state,
            environment=self._environment,
            preload=self._preload,
            watch=self._watch,
        )
        stack.push_async_callback(self.functions.close)
        await self.functions.start()
        self._deliveries = Deliveries(
            self.functions, self.queues, engine=lambda: self.engine, bus=lambda: self.bus
        )
        self.bus = Bus(
            map(self._deliveries.rule, app.rules),
            file=self._state / "bus.sqlite",
            clock=self._clock,
            buses=app.buses,
        )
        stack.push_async_callback(self.bus.close)

    async def _start_endpoint(self, stack: AsyncExitStack) -> None:
        sqs, events = SqsTwin(self.queues, self._waits), EventsTwin(self.bus)
        self.engine = Engine(
            self._run_task,
            clock=self._waits,
            integrations={
                "sqs:sendMessage": lambda body: sqs.call("SendMessage", body),
                "events:putEvents": lambda body: events.call("PutEvents", body),
            },
            journal=self._state / "machines.sqlite",
        )
        stack.push_async_callback(self.engine.close)
        for machine in self.application.machines:
            self.engine.register(machine.name, dict(machine.definition), machine.kind)
        twins: dict[str, Twin] = {
            "AmazonSQS": sqs,
            "AWSEvents": events,
            "GraniteServiceVersion20100801": Metrics(self.queues),
            "AWSStepFunctions": StepFunctions(self.engine),
            "secretsmanager": Secrets(self._secrets),
            "TrentService": KeyManagement(self._master_keys),
        }
        invoke_api = InvokeApi(self.functions)
        stack.push_async_callback(invoke_api.close)
        endpoint = Endpoint(
            twins,
            invoke=invoke_api.invoke,
            connections=self._connections,
            objects=FolderObjects(self._state / OBJECTS),
            port=self._aws_port,
        )
        stack.push_async_callback(endpoint.stop)
        await endpoint.start()
        self.bus.resume()
        await self.engine.resume()

    def _start_triggers(self, stack: AsyncExitStack) -> None:
        sources = [self._source(spec) for spec in self.application.event_sources]
        work = [source.run() for source in sources]
        market = self._market_clock or self._clock
        for in_market, clock in ((True, market), (False, self._clock)):
            schedules = [
                self._deliveries.schedule(spec)
                for spec in self.application.schedules
                if _in_market(spec.group) is in_market
            ]
            work.append(Schedules(schedules, clock).run())
        tasks = [asyncio.create_task(one) for one in work]
        for task in tasks:
            task.add_done_callback(_report)

        async def end() -> None:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_DRAIN)

        stack.push_async_callback(end)

    async def _start_api(self, stack: AsyncExitStack) -> None:
        if self.application.api is None:
            return
        api = RestApi(self.application.api, self.functions, port=self._api_port)
        stack.push_async_callback(api.stop)
        await api.start()
        self.api_url = api.url

    async def _start_websocket_api(self, stack: AsyncExitStack) -> None:
        spec = self.application.websocket
        if spec is None:
            return
        api = WebSocketApi(spec, self.functions, self._connections, port=self._websocket_port)
        stack.push_async_callback(api.stop)
        await api.start()
        self.websocket_url = api.url

    def _source(self, spec: EventSourceSpec) -> EventSource:
        async def invoke(event: dict[str, Any]) -> Any:
            try:
                return await self.functions.invoke(spec.function, event)
            except FunctionError as error:
                raise FunctionFailedError(str(error)) from error

        limit = self.application.functions[spec.function].max_concurrency
        return EventSource(
            self.queues,
            spec.queue,
            invoke,
            batch_size=spec.batch_size,
            window=spec.window,
            max_concurrency=spec.max_concurrency or limit or _DEFAULT_CONCURRENCY,
            report_failures=spec.report_failures,
        )

    async def _run_task(self, name: str, payload: Any) -> Any:
        """What a Task of a state machine calls."""
        try:
            return await self.functions.invoke(name, payload)
        except FunctionError as error:
            raise machine_errors.FunctionError(
                error.error_type, error.message, error.stack
            ) from error
        except UnknownFunctionError as error:
            raise ApiError("ResourceNotFoundException", f"Function not found: {name}") from error


def _in_market(group: str) -> bool:
    """Whether a schedule group, which may be named after its stage, follows the market."""
    return group.rpartition("-")[2] == MARKET_GROUP


def _report(ended: asyncio.Task[None]) -> None:
    if not ended.cancelled() and (error := ended.exception()) is not None:
        _LOG.critical("a queue or schedule is no longer followed", exc_info=error)


def _endpoints(url: str) -> dict[str, str]:
    """Every AWS call stays on this machine, also those of services that nothing serves here."""
    split = {f"AWS_ENDPOINT_URL_{service}": url for service in _SPLIT_SERVICES}
    return {"AWS_ENDPOINT_URL": url, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true", **split}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
