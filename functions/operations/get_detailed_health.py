"""GET /health/detailed: each dependency with its latency, and how far behind the work is."""

from datetime import timedelta

from hub.bootstrap import hub
from hub.entrypoints.http import Answer, Api, Caller
from hub.entrypoints.wire import Outgoing

api = Api(hub)


class TimedDependencyOut(Outgoing):
    name: str
    healthy: bool
    detail: str
    milliseconds: float


class DetailedHealthOut(Outgoing):
    """Ages and lags are seconds, of the oldest; null where there is none, or nobody can say."""

    status: str
    dependencies: list[TimedDependencyOut]
    market_data_age: float | None
    outbox_messages: int | None
    outbox_lag: float | None
    oldest_undecided_order: float | None
    oldest_open_order: float | None


@api.get("/health/detailed", scope="admin", problems=(503,))
def get_detailed_health(caller: Caller) -> Answer:  # noqa: ARG001  # only for who is known
    health = hub().get_detailed_health()
    body = DetailedHealthOut(
        status=health.status,
        dependencies=[TimedDependencyOut(**probe._asdict()) for probe in health.probes],
        market_data_age=_seconds(health.market_data_age),
        outbox_messages=health.outbox_messages,
        outbox_lag=_seconds(health.outbox_lag),
        oldest_undecided_order=_seconds(health.oldest_undecided_order),
        oldest_open_order=_seconds(health.oldest_open_order),
    )
    return Answer(body, 503 if health.status == "unavailable" else 200)


def _seconds(age: timedelta | None) -> float | None:
    return None if age is None else age.total_seconds()


handler = api.handler()
