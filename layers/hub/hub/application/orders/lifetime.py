"""When an order can work, and when its time is over (order-semantics 3), by the calendar."""

from datetime import datetime, timedelta
from typing import NamedTuple

from hub.domain.kernel import Fault, RejectedError, UnavailableError
from hub.domain.market.calendar import Calendar, Session
from hub.domain.orders.entry_rules import NewOrder
from hub.domain.orders.order import TimeInForce

LONGEST = timedelta(days=90)


class Lifetime(NamedTuple):
    """Market times: nothing happens to the order before `works_from`; at `expires_at` it ends."""

    works_from: datetime
    expires_at: datetime


def lifetime(asked: NewOrder, calendar: Calendar, moment: datetime) -> Lifetime:
    """Of an order that comes in at market time `moment`. Raises RejectedError for a date that lies
    in the past, or too far ahead, and UnavailableError where the calendar ends."""
    if asked.extended_hours:
        return _extended(calendar, moment)
    match asked.time_in_force:
        case TimeInForce.OPG:
            session = _known(calendar.next_session(moment))
            return Lifetime(session.open, session.close)
        case TimeInForce.CLS:
            session = _known(calendar.working_session(moment))
            # A closing print that comes late is still that session's; it is over with the next.
            return Lifetime(session.close, _known(calendar.next_session(session.close)).close)
        case _:
            session = _known(calendar.working_session(moment))
            works_from = max(session.open, moment)
            return Lifetime(works_from, _expiry(asked, calendar, moment, session))


def _expiry(asked: NewOrder, calendar: Calendar, moment: datetime, first: Session) -> datetime:
    if asked.time_in_force is TimeInForce.GTC:
        return moment + LONGEST
    if asked.time_in_force is not TimeInForce.GTD or asked.expire_date is None:
        return first.close
    if asked.expire_date < first.day:
        raise _impossible("there is no session left until that date", "future")
    if asked.expire_date > (moment + LONGEST).date():
        raise _impossible(f"an order works for at most {LONGEST.days} days", "max_days")
    return _known(calendar.last_session_until(asked.expire_date)).close


def _extended(calendar: Calendar, moment: datetime) -> Lifetime:
    session = calendar.extended_session_at(moment) or _known(calendar.next_session(moment))
    return Lifetime(max(session.extended_open, moment), session.extended_close)


def _impossible(message: str, rule: str) -> RejectedError:
    return RejectedError(
        message, code="expire_date_refused", faults=(Fault("expire_date", rule, message),)
    )


def _known(session: Session | None) -> Session:
    if session is None:
        raise UnavailableError("the calendar does not reach that far", code="no_calendar")
    return session
