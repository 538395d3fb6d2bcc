"""GET /orders/{order_id}/timeline: every step of an order, with the quote that caused it."""

from typing import Any

from hub.bootstrap import hub
from hub.domain.kernel import OrderId
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Outgoing, UuidText

api = Api(hub)


class StepOut(Outgoing):
    """`at` is wall time, `market_time` what the market's clock showed."""

    sequence: int
    event: str
    state_before: str | None
    state_after: str | None
    cause: str
    detail: dict[str, Any]
    at: Moment
    market_time: Moment | None


class TimelineOut(Outgoing):
    order_id: str
    steps: list[StepOut]


@api.get("/orders/{order_id}/timeline", problems=(404,))
def get_order_timeline(order_id: UuidText, caller: Caller) -> TimelineOut:
    steps = hub().get_order_timeline(caller.customer_id, OrderId(order_id))
    return TimelineOut(
        order_id=order_id,
        steps=[
            StepOut(
                sequence=step.sequence,
                event=step.type,
                state_before=step.state_before,
                state_after=step.state_after,
                cause=step.cause,
                detail=dict(step.detail),
                at=step.at,
                market_time=step.market_time,
            )
            for step in steps
        ],
    )


handler = api.handler()
