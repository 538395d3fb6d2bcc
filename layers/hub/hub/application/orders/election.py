"""The quote that reached an order, as it travels from the trigger book to the decision."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from hub.domain.market.quote import Quote
from hub.domain.orders.matching import Touch
from hub.domain.orders.trigger_book import Resting


class Election(NamedTuple):
    """`stop` and `mark` are those of a trailing stop at that moment; of others, as submitted."""

    quote_id: str
    touch: Touch
    stop: Decimal | None
    mark: Decimal | None


def election_record(order: Resting, quote: Quote) -> dict[str, str]:
    record = {"quote_id": quote.quote_id, "bid": str(quote.bid), "ask": str(quote.ask)}
    if order.stop is not None:
        record["stop"] = str(order.stop.price)
        if order.stop.mark is not None:
            record["mark"] = str(order.stop.mark)
    return record


def election_from(body: Mapping[str, str]) -> Election | None:
    """What a message says of an election, if it does."""
    if "quote_id" not in body:
        return None
    touch = Touch(Decimal(body["bid"]), Decimal(body["ask"]))
    stop = Decimal(body["stop"]) if "stop" in body else None
    mark = Decimal(body["mark"]) if "mark" in body else None
    return Election(body["quote_id"], touch, stop, mark)
