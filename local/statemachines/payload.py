"""JSON between states: what counts as a payload, and how large it may be."""

import json
from typing import Any

from local.statemachines.errors import DATA_LIMIT_EXCEEDED, RUNTIME, StateError

LIMIT = 262_144


def text_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def limited(value: Any, what: str) -> str:
    """`value` as JSON text. Raises StateError when it is too large, or not JSON at all."""
    try:
        text = text_of(value)
    except (TypeError, ValueError) as error:
        raise StateError(RUNTIME, f"The {what} is not JSON: {error}") from error
    if len(text) > LIMIT or (len(text) > LIMIT // 4 and len(text.encode()) > LIMIT):
        cause = f"The {what} exceeds the maximum number of bytes service limit ({LIMIT})."
        raise StateError(DATA_LIMIT_EXCEEDED, cause)
    return text


def detached(value: Any, what: str) -> Any:
    """A copy of `value` that whoever receives it may change."""
    return json.loads(limited(value, what))
