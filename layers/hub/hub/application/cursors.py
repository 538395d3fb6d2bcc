"""Cursors: where a page ended, in a form that a client only hands back."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date

from hub.domain.kernel import Fault, InvalidInputError


def cursor_after(place: str) -> str:
    """Of a page whose last row stands at `place`."""
    return urlsafe_b64encode(json.dumps([place]).encode()).decode().rstrip("=")


def place_of(cursor: str) -> str:
    """Raises InvalidInputError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        [place] = json.loads(urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, TypeError, RecursionError) as error:
        raise unreadable() from error
    if not isinstance(place, str):
        raise unreadable()
    return place


def day_of(cursor: str) -> date:
    """Raises InvalidInputError."""
    try:
        return date.fromisoformat(place_of(cursor))
    except ValueError as error:
        raise unreadable() from error


def unreadable() -> InvalidInputError:
    fault = Fault("cursor", "cursor", "the cursor is not one that was given out")
    return InvalidInputError("the cursor cannot be read", faults=(fault,))
