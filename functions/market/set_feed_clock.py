"""PUT /admin/market/clock: move the market's virtual clock, stop it, or have it run otherwise."""

from typing import Annotated

from pydantic import Field

from hub.application.admin import Administrator
from hub.bootstrap import hub
from hub.domain.market.course import Step, Wish
from hub.entrypoints.http import Api, Caller, Request
from hub.entrypoints.market import DayIn, FeedClockOut, feed_clock_out
from hub.entrypoints.wire import Choice, Incoming, MomentIn, SpeedIn

api = Api(hub)


class FeedClockIn(Incoming):
    """What is left out stays as it is. The clock goes to the time `at`, or to the first open on or
    after `day`, or by a `step`: to the next event or session, where it then stands still."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]
    speed: SpeedIn | None = None
    paused: bool | None = None
    at: MomentIn | None = None
    day: DayIn | None = None
    step: Annotated[Step | None, Choice] = None


@api.put("/admin/market/clock", scope="admin", problems=(422, 503))
def set_feed_clock(wish: FeedClockIn, caller: Caller, request: Request) -> FeedClockOut:
    wanted = Wish(
        speed=wish.speed,
        paused=wish.paused,
        at=wish.at,
        day=wish.day,
        step=wish.step,
    )
    who = Administrator(caller.customer_id, request.trace_id)
    return feed_clock_out(hub().set_feed_clock(who, wanted, wish.reason))


handler = api.handler()
