"""The venue port on Alpaca's trading API. Our order's id is its client_order_id.

That is unique at Alpaca, so an order that is sent twice is there once.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hub.adapters.alpaca.line import AlpacaLine, Answer
from hub.adapters.alpaca.reading import UnreadableError, fill_of, standing_of
from hub.domain.kernel import OrderId, UnavailableError, plain
from hub.domain.orders.order import Side
from hub.domain.orders.routing import Instruction, Standing, VenueFill, VenueRefusedError

logger = logging.getLogger(__name__)

_NOT_FOUND, _FORBIDDEN, _UNPROCESSABLE = 404, 403, 422
# It understood the order and says no, for good: not as it should be, not with what we have there,
# not tradable.
_REFUSALS = {400, _FORBIDDEN, _UNPROCESSABLE}
# Of 403, this alone is about the order; others are about our keys.
_ABOUT_THE_ORDER = "40310000"
_TAKEN = "client_order_id must be unique"
_ORDERS_AT_ONCE = 500
_FILLS_AT_ONCE = 100
_MOST_PAGES = 100
# What is asked for is after a moment, and that moment is not in it.
_BEFORE = timedelta(seconds=1)


class AlpacaVenue:
    def __init__(self, line: AlpacaLine) -> None:
        self._line = line

    def submit(self, told: Instruction) -> Standing:
        answer = self._line.ask("POST", "/v2/orders", body=_as_told(told))
        if answer.is_ok:
            return _read(answer.body)
        if _TAKEN in answer.message:
            found = self.find(told.order_id)
            if found is None:
                raise UnavailableError("the venue has the order, and not yet", code="venue")
            return found
        if answer.status not in _REFUSALS:
            raise _no_answer(answer)
        if answer.status == _FORBIDDEN and answer.code != _ABOUT_THE_ORDER:
            raise UnavailableError("the venue does not take our orders", code="venue_access")
        raise VenueRefusedError(answer.message, answer.code)

    def find(self, order_id: OrderId) -> Standing | None:
        query = {"client_order_id": order_id}
        answer = self._line.ask("GET", "/v2/orders:by_client_order_id", query=query)
        if answer.status == _NOT_FOUND:
            return None
        if not answer.is_ok:
            raise _no_answer(answer)
        return _read(answer.body)

    def fills(self, standing: Standing) -> Sequence[VenueFill]:
        found: dict[Decimal, VenueFill] = {}
        for activity in self._activities(standing.since - _BEFORE):
            order_id, fill = _fill(activity)
            if order_id == standing.venue_order_id:
                found[fill.filled] = fill
            if sum(each.quantity for each in found.values()) >= standing.filled:
                break
        return list(found.values())

    def cancel(self, standing: Standing) -> None:
        answer = self._line.ask("DELETE", f"/v2/orders/{standing.venue_order_id}")
        # An order that cannot be canceled any more says itself what it has become.
        if not answer.is_ok and answer.status != _UNPROCESSABLE:
            raise _no_answer(answer)

    def working(self) -> Mapping[OrderId, Decimal]:
        found: dict[OrderId, Decimal] = {}
        for page in self._working_pages():
            for order in page:
                try:
                    standing = standing_of(order)
                except UnreadableError:
                    # It is looked at by itself, where it is ours.
                    continue
                found[standing.order_id] = standing.filled
        return found

    def _working_pages(self) -> Iterator[Sequence[Any]]:
        query = {"status": "open", "limit": str(_ORDERS_AT_ONCE), "direction": "asc"}
        for _ in range(_MOST_PAGES):
            page = _list(self._line.ask("GET", "/v2/orders", query=query))
            yield page
            if len(page) < _ORDERS_AT_ONCE:
                return
            query["after"] = str(page[-1]["submitted_at"])

    def _activities(self, since: datetime) -> Iterator[Any]:
        """All fills of all orders since then, the first first."""
        query = {
            "after": since.isoformat(),
            "direction": "asc",
            "page_size": str(_FILLS_AT_ONCE),
        }
        for _ in range(_MOST_PAGES):
            page = _list(self._line.ask("GET", "/v2/account/activities/FILL", query=query))
            yield from page
            if len(page) < _FILLS_AT_ONCE:
                return
            query["page_token"] = str(page[-1]["id"])


def _as_told(told: Instruction) -> dict[str, Any]:
    body: dict[str, Any] = {
        "client_order_id": told.order_id,
        "symbol": told.symbol,
        "side": "buy" if told.side is Side.BUY else "sell",
        "type": told.type.value,
        "time_in_force": told.time_in_force.value,
        "qty": plain(told.quantity),
    }
    if told.limit_price is not None:
        body["limit_price"] = plain(told.limit_price, 2)
    if told.extended_hours:
        body["extended_hours"] = True
    return body


def _read(body: Any) -> Standing:
    try:
        return standing_of(body)
    except UnreadableError as error:
        raise UnavailableError(f"the venue does not say {error}", code="venue") from error


def _fill(activity: Any) -> tuple[str, VenueFill]:
    try:
        return fill_of(activity)
    except UnreadableError as error:
        raise UnavailableError(f"the venue does not say {error}", code="venue") from error


def _list(answer: Answer) -> Sequence[Any]:
    if not answer.is_ok or not isinstance(answer.body, list):
        raise _no_answer(answer)
    if not all(isinstance(each, dict) for each in answer.body):
        raise UnavailableError("the venue does not say a list", code="venue")
    return answer.body


def _no_answer(answer: Answer) -> UnavailableError:
    logger.warning("the venue answers %s: %s %s", answer.status, answer.code, answer.message)
    return UnavailableError(f"the venue answers {answer.status}", code="venue")
