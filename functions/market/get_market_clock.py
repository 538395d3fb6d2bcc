"""GET /market/clock: the market's time, and whether an exchange is open."""

from hub.bootstrap import hub
from hub.domain.market.trading_day import Exchange
from hub.entrypoints.http import Api, Caller
from hub.entrypoints.wire import Moment, Outgoing

api = Api(hub)


class MarketClockOut(Outgoing):
    """`timestamp` is market time, `wall_time` the time of day; a replay runs at its `speed`.

    `running` is false while the source of market time is down: then the market stands still, and
    is not open. `next_close` is that of the session under way, or of the next one.
    """

    exchange: str
    timestamp: Moment
    wall_time: Moment
    speed: float
    running: bool
    is_open: bool
    session_date: str | None
    next_open: Moment | None
    next_close: Moment | None


@api.get("/market/clock", problems=(503,))
def get_market_clock(
    caller: Caller,  # noqa: ARG001  # only for who is known
    exchange: Exchange = Exchange.NEW_YORK,
) -> MarketClockOut:
    now = hub().get_market_clock(exchange)
    closing = now.session or now.following
    return MarketClockOut(
        exchange=now.exchange,
        timestamp=now.time,
        wall_time=now.wall,
        speed=now.speed,
        running=now.running,
        is_open=now.is_open,
        session_date=now.session.day.isoformat() if now.session else None,
        next_open=now.following.open if now.following else None,
        next_close=closing.close if closing else None,
    )


handler = api.handler()
