"""Take an order: check, reserve, record once, announce. Filling it is ProcessOrder's job."""

import json
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from hub.application.books import Cause, Destination, audit_payload, canonical
from hub.application.ports.accounts import Accounts
from hub.application.ports.market import Calendars, Instruments, MarketData
from hub.application.ports.messages import Message
from hub.application.ports.orders import DuplicateOrderError, Orders, RequestedOrder
from hub.application.ports.system import Clock, Ids
from hub.application.relay import Relay
from hub.domain.accounts.balance import insufficient
from hub.domain.accounts.ledger import Ledger, posting
from hub.domain.accounts.position import insufficient_holdings
from hub.domain.kernel import (
    AccountId,
    ConflictError,
    CustomerId,
    Fault,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    OrderId,
    RejectedError,
    UnavailableError,
)
from hub.domain.market.clock import MarketClock
from hub.domain.market.instrument import Instrument
from hub.domain.market.quote import Quote, quote_record
from hub.domain.orders.entry_rules import (
    EntryLimits,
    NewOrder,
    cash_to_reserve,
    check_form,
    check_price,
    check_value,
    first_stop,
)
from hub.domain.orders.matching import Touch, opposite_price
from hub.domain.orders.order import IMMEDIATE, Order, OrderType, Side, State
from hub.domain.orders.stops import first_mark

_ZERO = Decimal(0)
TRAILING = OrderType.TRAILING_STOP


class SubmitOrderCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId | None
    client_order_id: str | None
    order: NewOrder
    trace_id: str


class SubmittedOrder(NamedTuple):
    """`repeated` is True when the same request had been taken before: this is that order."""

    order: Order
    repeated: bool


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    orders: Orders
    accounts: Accounts
    instruments: Instruments
    market_data: MarketData
    calendars: Calendars
    clock: Clock
    ids: Ids
    relay: Relay
    limits: EntryLimits

    def __call__(self, command: SubmitOrderCommand) -> SubmittedOrder:
        """Raises InvalidInputError, NotFoundError, RejectedError, ForbiddenError, ConflictError."""
        check_form(command.order)
        account_id = command.account_id or self._only_account(command.customer_id)
        key = command.client_order_id
        try:
            request = self._prepare(command, account_id)
            # Without a key of the client's the order's own id is one: a statement that ran again
            # because its answer was lost finds its own order.
            key = request.order.client_order_id
            self._place(request)
        except DuplicateOrderError:
            return self._repeated(command, account_id, key)
        except (RejectedError, ForbiddenError):
            # A repeat of an order that was taken is answered with it, whatever the market does now.
            if self._earlier(command, account_id):
                return self._repeated(command, account_id, key)
            raise
        self.relay.send([request.message])
        return SubmittedOrder(request.order, repeated=False)

    def _only_account(self, customer_id: CustomerId) -> AccountId:
        mine = self.accounts.of(customer_id)
        if len(mine) != 1:
            fault = Fault("account_id", "required", "say which of your accounts the order is for")
            raise InvalidInputError("the order names no account", faults=(fault,))
        return mine[0].account_id

    def _prepare(self, command: SubmitOrderCommand, account_id: AccountId) -> RequestedOrder:
        instrument = self.instruments.find(command.order.symbol)
        if instrument is None:
            message = f"{command.order.symbol} is not traded here"
            fault = Fault("symbol", "known", message)
            raise RejectedError(message, code="unknown_symbol", faults=(fault,))
        view = self.market_data.view([instrument.symbol])
        quote = view.quotes.get(instrument.symbol)
        if quote is None:
            raise UnavailableError(f"{instrument.symbol} has no price", code="no_market_data")
        touch = Touch(quote.bid, quote.ask)
        check_price(command.order, touch, self.limits)
        check_value(command.order, touch, self.limits)
        self._check_session(command.order, instrument, view.clock)
        order = self._order(command, account_id, instrument, touch, view.clock)
        return self._request(command, order, quote)

    def _check_session(self, order: NewOrder, instrument: Instrument, market: MarketClock) -> None:
        if order.time_in_force not in IMMEDIATE:
            return
        now = market.held_at(self.clock.now())
        if self.calendars.around(instrument.exchange, now).session_at(now) is None:
            message = f"the market is closed, and {order.time_in_force} does not wait"
            fault = Fault("time_in_force", "session", message)
            raise RejectedError(message, code="market_closed", faults=(fault,))

    def _order(
        self,
        command: SubmitOrderCommand,
        account_id: AccountId,
        instrument: Instrument,
        touch: Touch,
        market: MarketClock,
    ) -> Order:
        asked, now, order_id = command.order, self.clock.now(), OrderId(self.ids.new())
        buying = asked.side is Side.BUY
        return Order(
            order_id=order_id,
            account_id=account_id,
            client_order_id=command.client_order_id or order_id,
            instrument_id=instrument.instrument_id,
            symbol=instrument.symbol,
            side=asked.side,
            type=asked.type,
            time_in_force=asked.time_in_force,
            quantity=asked.quantity,
            limit_price=asked.limit_price,
            state=State.PENDING_NEW,
            filled_quantity=_ZERO,
            filled_value=_ZERO,
            fills=0,
            reserved_cash=cash_to_reserve(asked, touch, self.limits) if buying else _ZERO,
            reserved_quantity=_ZERO if buying else asked.quantity,
            market_price=opposite_price(asked.side, touch),
            reason_code=None,
            reason=None,
            market_time=market.held_at(now),
            created_at=now,
            updated_at=now,
            executed_at=None,
            stop_price=first_stop(asked, touch),
            trail_price=asked.trail_price,
            trail_percent=asked.trail_percent,
            water_mark=first_mark(asked.side, touch) if asked.type is TRAILING else None,
        )

    def _request(self, command: SubmitOrderCommand, order: Order, quote: Quote) -> RequestedOrder:
        cause = Cause(
            actor=command.customer_id,
            action="submitted",
            at=order.created_at,
            market_time=order.market_time,
            trace_id=command.trace_id,
        )
        hold = {Ledger.RESERVED: order.reserved_cash, Ledger.HOLDS: -order.reserved_cash}
        detail = {"order_id": order.order_id, "order": asked_for(command.order)}
        body = queue_body(order.order_id, order.account_id, order.symbol, command.trace_id)
        message = Message(self.ids.new(), order.account_id, Destination.ORDERS_SUBMITTED, body)
        return RequestedOrder(
            order=order,
            customer_id=command.customer_id,
            request_hash=request_hash(command.order),
            hold=posting(order.account_id, "reserve", order.order_id, hold),
            transaction_id=self.ids.new(),
            cause=cause,
            event_detail=canonical({"quote": quote_record(quote)}),
            audit_payload=audit_payload(cause, detail | {"quote": quote_record(quote)}),
            message=message,
        )

    def _place(self, request: RequestedOrder) -> None:
        placed = self.orders.place(request)
        if not placed.account_found:
            raise NotFoundError("there is no such account")
        if not placed.placed and request.order.side is Side.BUY:
            raise insufficient(placed.available, request.order.reserved_cash)
        if not placed.placed:
            raise insufficient_holdings(placed.available, request.order.reserved_quantity)

    def _earlier(self, command: SubmitOrderCommand, account_id: AccountId) -> bool:
        if command.client_order_id is None:
            return False
        owned = self.accounts.of(command.customer_id, account_id)
        earlier = self.orders.submitted_as(account_id, command.client_order_id)
        return bool(owned and earlier)

    def _repeated(
        self, command: SubmitOrderCommand, account_id: AccountId, key: str | None
    ) -> SubmittedOrder:
        earlier = self.orders.submitted_as(account_id, key or "")
        if earlier is None:
            raise UnavailableError("the order could not be read back")
        if earlier.request_hash != request_hash(command.order):
            message = "this client_order_id was used for another order"
            fault = Fault("client_order_id", "unique", message)
            raise ConflictError(message, code="client_order_id_reused", faults=(fault,))
        return SubmittedOrder(earlier.order, repeated=True)


def asked_for(order: NewOrder) -> dict[str, str]:
    """What the customer asked for, in one spelling per meaning: 10 and 10.0 are the same order."""
    return {
        name: format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
        for name, value in order._asdict().items()
        if value is not None
    }


def request_hash(order: NewOrder) -> bytes:
    return sha256(canonical(asked_for(order)).encode()).digest()


def queue_body(
    order_id: OrderId, account_id: AccountId, symbol: str, trace_id: str, **election: str
) -> str:
    """The message that asks for an order to be processed; see `election` for its optional part."""
    return json.dumps(
        {
            "version": 1,
            "order_id": order_id,
            "account_id": account_id,
            "symbol": symbol,
            "trace_id": trace_id,
            **election,
        }
    )
