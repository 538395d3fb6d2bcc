"""Cursors: where a page ended, in a form that a client only hands back."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime
from uuid import UUID

from hub.domain.kernel import Fault, InvalidInputError


def cursor_after(*places: str) -> str:
    """Of a page whose last row stands at `places`."""
    return urlsafe_b64encode(json.dumps(places).encode()).decode().rstrip("=")


def places_of(cursor: str, count: int) -> list[str]:
    """Raises InvalidInputError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        places = json.loads(urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, TypeError, RecursionError) as error:
        raise unreadable() from error
    if not isinstance(places, list) or len(places) != count:
        raise unreadable()
    if not all(isinstance(place, str) for place in places):
        raise unreadable()
    return places


def place_of(cursor: str) -> str:
    """Raises InvalidInputError."""
    return places_of(cursor, 1)[0]


def day_of(cursor: str) -> date:
    """Raises InvalidInputError."""
    try:
        return date.fromisoformat(place_of(cursor))
    except ValueError as error:
        raise unreadable() from error


def moment_cursor(moment: datetime, id_: str) -> str:
    """Of a page in order of time; the id tells apart what came at the same moment."""
    return cursor_after(moment.isoformat(), id_)


def moment_place(cursor: str) -> tuple[datetime, str]:
    """Raises InvalidInputError."""
    return moment_and_id(*places_of(cursor, 2))


def moment_and_id(moment: str, id_: str) -> tuple[datetime, str]:
    """Raises InvalidInputError."""
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), id_of(id_)
    except (ValueError, OverflowError) as error:
        raise unreadable() from error


def id_of(text: str) -> str:
    """Raises InvalidInputError."""
    try:
        return str(UUID(text))
    except ValueError as error:
        raise unreadable() from error


def unreadable() -> InvalidInputError:
    fault = Fault("cursor", "cursor", "the cursor is not one that was given out")
    return InvalidInputError("the cursor cannot be read", faults=(fault,))
