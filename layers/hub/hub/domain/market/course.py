"""What the market's source is and how its clock runs, and what may be wished of that clock."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from hub.domain.kernel import Fault, InvalidInputError, RejectedError
from hub.domain.market.calendar import Calendar


class Course(NamedTuple):
    """`virtual` is whether the clock may be moved; then open hours pass at `speed`, or stand still
    while `paused`.

    `configured` is the speed that the settings asked for when this began: where they ask for
    another, they begin anew. `wish` is the number of the last wish that was taken up.
    """

    feed: str
    virtual: bool
    speed: float
    paused: bool = False
    configured: float = 0.0
    wish: str = ""

    @property
    def wish_order(self) -> tuple[int, int]:
        """Grows with every wish."""
        head, _, tail = self.wish.partition("-")
        return int(head or 0), int(tail or 0)


class Step(StrEnum):
    """To the next print, open or close; to the next open."""

    EVENT = "event"
    SESSION = "session"


class Wish(NamedTuple):
    """What is None stays as it is. A clock is moved to `at`, to the first open on or after `day`,
    or by a `step`, after which it stands still."""

    speed: Decimal | None = None
    paused: bool | None = None
    at: datetime | None = None
    day: date | None = None
    step: Step | None = None


class Position(NamedTuple):
    """Where a virtual clock stands: `upcoming` is when something happens next, None at the end."""

    market: datetime
    upcoming: datetime | None
    calendar: Calendar


def check_wish(wish: Wish) -> None:
    """Raises InvalidInputError where the wish contradicts itself, or is none."""
    moves = [name for name in ("at", "day", "step") if getattr(wish, name) is not None]
    if len(moves) > 1:
        raise _malformed(moves[-1], "excluded", f"not together with {moves[0]}")
    if wish.step is not None and wish.paused is not None:
        raise _malformed("paused", "excluded", "not together with step, which pauses")
    if not moves and wish.speed is None and wish.paused is None:
        raise _malformed("body", "empty", "one of speed, paused, at, day and step is wanted")


def _malformed(field: str, rule: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, faults=(Fault(field, rule, message),))


def turned(course: Course, wish: Wish) -> Course:
    """How the clock runs from now on."""
    stands = wish.step is not None or (course.paused if wish.paused is None else wish.paused)
    speed = course.speed if wish.speed is None else float(wish.speed)
    return course._replace(speed=speed, paused=stands)


def target(wish: Wish, position: Position) -> datetime | None:
    """The market time to which the clock is moved; None where it is not. Raises RejectedError.

    Never back: fills, the ledger and settlement dates bear the market times that have passed.
    """
    moment = _target(wish, position)
    if moment is None:
        return None
    if moment < position.market:
        raise RejectedError(
            f"it is {position.market.isoformat()} in the market, and its clock does not go back",
            code="clock_goes_back",
        )
    if position.calendar.working_session(moment) is None:
        raise _beyond()
    return moment.astimezone(UTC)


def _target(wish: Wish, position: Position) -> datetime | None:
    if wish.at is not None:
        return wish.at
    if wish.day is not None:
        first = datetime.combine(wish.day, time.min, UTC) - timedelta.resolution
        return _open_after(first, position.calendar)
    if wish.step is Step.SESSION:
        return _open_after(position.market, position.calendar)
    if wish.step is Step.EVENT:
        if position.upcoming is None:
            raise _beyond()
        return position.upcoming
    return None


def _open_after(moment: datetime, calendar: Calendar) -> datetime:
    session = calendar.next_session(moment)
    if session is None:
        raise _beyond()
    return session.open


def _beyond() -> RejectedError:
    return RejectedError("the source has no data of that time", code="beyond_the_data")


def course_record(course: Course) -> dict[str, Any]:
    return course._asdict()


def course_from_record(record: dict[str, Any]) -> Course:
    """The inverse of `course_record`. Raises KeyError, TypeError or ValueError on anything else."""
    return Course(**record)


def wish_record(wish: Wish) -> dict[str, Any]:
    """The wish as JSON has it; what is not wished for is left out."""
    record = {
        "speed": None if wish.speed is None else str(wish.speed),
        "paused": wish.paused,
        "at": wish.at.isoformat() if wish.at else None,
        "day": wish.day.isoformat() if wish.day else None,
        "step": wish.step,
    }
    return {name: value for name, value in record.items() if value is not None}


def wish_from_record(record: dict[str, Any]) -> Wish:
    """The inverse of `wish_record`. Raises KeyError or ValueError on anything else."""
    return Wish(
        speed=Decimal(record["speed"]) if "speed" in record else None,
        paused=record.get("paused"),
        at=datetime.fromisoformat(record["at"]) if "at" in record else None,
        day=date.fromisoformat(record["day"]) if "day" in record else None,
        step=Step(record["step"]) if "step" in record else None,
    )
