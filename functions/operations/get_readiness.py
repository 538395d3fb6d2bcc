"""GET /health/ready: whether the platform can serve, dependency by dependency."""

from hub.bootstrap import hub
from hub.entrypoints.http import Answer, Api
from hub.entrypoints.wire import Outgoing

api = Api()


class DependencyOut(Outgoing):
    name: str
    healthy: bool
    detail: str


class ReadyOut(Outgoing):
    """`degraded` still serves: with prices that are not live, say."""

    status: str
    dependencies: list[DependencyOut]


@api.get("/health/ready", problems=(503,))
def get_readiness() -> Answer:
    readiness = hub().get_readiness()
    body = ReadyOut(
        status=readiness.status,
        dependencies=[DependencyOut(**probe._asdict()) for probe in readiness.probes],
    )
    return Answer(body, 503 if readiness.status == "unavailable" else 200)


handler = api.handler()
