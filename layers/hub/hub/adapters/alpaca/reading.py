"""What Alpaca says of orders, by its REST API and its stream alike, in our words."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.domain.kernel import OrderId
from hub.domain.orders.routing import Standing, Status, VenueFill

_WORKING = (
    "new partially_filled accepted pending_new accepted_for_bidding done_for_day calculated "
    "stopped suspended held pending_cancel pending_replace pending_review"
)
# An order that was replaced goes on under another name, which only a person can have done.
STATUSES: Mapping[str, Status] = {
    **dict.fromkeys(_WORKING.split(), Status.WORKING),
    "filled": Status.FILLED,
    "canceled": Status.CANCELED,
    "expired": Status.EXPIRED,
    "rejected": Status.REJECTED,
}
_FILLS = {"fill", "partial_fill"}
_NUMBER = re.compile(r"[0-9]{1,14}(\.[0-9]{1,12})?")


class UnreadableError(Exception):
    """It does not say what it has to say."""


def standing_of(order: Any) -> Standing:
    """Raises UnreadableError."""
    try:
        return Standing(
            OrderId(str(order["client_order_id"])),
            str(order["id"]),
            STATUSES[order["status"]],
            number(order["filled_qty"]),
            moment(order["submitted_at"]),
        )
    except (KeyError, TypeError) as error:
        raise UnreadableError("an order") from error


def fill_of(activity: Any) -> tuple[str, VenueFill]:
    """The venue's id of the order, and its fill. Raises UnreadableError."""
    try:
        fill = VenueFill(
            str(activity["id"]).rpartition("::")[2],
            number(activity["qty"]),
            number(activity["price"]),
            number(activity["cum_qty"]),
            moment(activity["transaction_time"]),
        )
        return str(activity["order_id"]), fill
    except (KeyError, TypeError) as error:
        raise UnreadableError("a fill") from error


def update_of(data: Any) -> Standing:
    """An update of the stream `trade_updates`; a fill is told with it. Raises UnreadableError."""
    try:
        standing = standing_of(data["order"])
        if data["event"] not in _FILLS:
            return standing
        fill = VenueFill(
            str(data["execution_id"]),
            number(data["qty"]),
            number(data["price"]),
            standing.filled,
            moment(data["timestamp"]),
        )
        return standing._replace(fills=(fill,))
    except (KeyError, TypeError) as error:
        raise UnreadableError("an update") from error


def number(text: Any) -> Decimal:
    """A number of the API: a text, or what a JSON number was read as. Raises UnreadableError."""
    if isinstance(text, str) and not _NUMBER.fullmatch(text):
        raise UnreadableError("a number")
    try:
        value = Decimal(text)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise UnreadableError("a number") from error
    if isinstance(text, bool) or not value.is_finite() or value < 0:
        raise UnreadableError("a number")
    return value


def moment(text: Any) -> datetime:
    """Raises UnreadableError. Of nanoseconds there are nine digits, of which six are read."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise UnreadableError("a time") from error
    if found.tzinfo is None:
        raise UnreadableError("a time")
    return found.astimezone(UTC)
