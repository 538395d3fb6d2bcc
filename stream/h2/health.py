"""grpc.health.v1: whether a service serves, asked once or watched."""

from collections.abc import Mapping

from grpc_health.v1 import health_pb2 as messages

from stream.h2.behaviours import Once, Streaming, parsed
from stream.h2.call import Behaviour, Call
from stream.h2.connection import Method
from stream.h2.status import CallError, Status

SERVICE = "grpc.health.v1.Health"


class Health:
    """Every service serves, or none does."""

    def __init__(self, services: frozenset[str]) -> None:
        self.serving = False
        self._services = services
        self._watching: dict[_Watching, None] = {}

    def methods(self) -> Mapping[str, Method]:
        """By path."""
        return {
            f"/{SERVICE}/Check": Method(lambda call, _: Once(call, self._check), for_anybody=True),
            f"/{SERVICE}/Watch": Method(lambda call, _: self._watch(call), for_anybody=True),
        }

    def set(self, *, serving: bool) -> None:
        self.serving = serving
        for each in list(self._watching):
            each.tell()

    def status(self, service: str) -> bytes:
        response = messages.HealthCheckResponse
        status = response.SERVICE_UNKNOWN
        if service in self._services:
            status = response.SERVING if self.serving else response.NOT_SERVING
        return bytes(response(status=status).SerializeToString())

    def enter(self, watching: "_Watching") -> None:
        self._watching[watching] = None

    def leave(self, watching: "_Watching") -> None:
        self._watching.pop(watching, None)

    def _check(self, message: bytes) -> bytes:
        service = parsed(messages.HealthCheckRequest, message).service
        if service not in self._services:
            raise CallError(Status.NOT_FOUND, "there is no such service")
        return self.status(service)

    def _watch(self, call: Call) -> Behaviour:
        return Streaming(_Watching(self, call), messages.HealthCheckRequest, once=True)


class _Watching:
    """Who wants to know of changes."""

    def __init__(self, health: Health, call: Call) -> None:
        self._health = health
        self._call = call
        self._service = ""

    def asked(self, request: messages.HealthCheckRequest) -> None:
        self._service = request.service
        self._health.enter(self)
        self.tell()

    def tell(self) -> None:
        self._call.write(self._health.status(self._service))

    def writable(self) -> None: ...

    def leave(self) -> None:
        self._health.leave(self)
