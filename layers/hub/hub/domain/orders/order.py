"""The order: its states, and the only moves between them (order-semantics 5)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from hub.domain.kernel import (
    AccountId,
    InstrumentId,
    OrderId,
    RejectedError,
    exact_product,
    exact_sum,
    unit_price,
)


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    GTD = "gtd"
    OPG = "opg"
    CLS = "cls"


# Of the module: an enum looks its members up each time that it is asked.
_OPG, _CLS = TimeInForce.OPG, TimeInForce.CLS
IMMEDIATE = frozenset({TimeInForce.IOC, TimeInForce.FOK})
# Executed at one print of the session, the opening or the closing one, or not at all.
AT_A_PRINT = frozenset({TimeInForce.OPG, TimeInForce.CLS})


class OrderClass(StrEnum):
    """How an order belongs with others (see `contingency`)."""

    SIMPLE = "simple"
    BRACKET = "bracket"
    OCO = "oco"
    OTO = "oto"


class Leg(StrEnum):
    """What an order is within its group."""

    ENTRY = "entry"
    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"


class State(StrEnum):
    PENDING_NEW = "pending_new"
    ACCEPTED = "accepted"
    HELD = "held"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REPLACED = "replaced"


_FROM_WORKING = frozenset(
    {
        State.PARTIALLY_FILLED,
        State.FILLED,
        State.CANCELED,
        State.EXPIRED,
        State.PENDING_CANCEL,
        State.PENDING_REPLACE,
        State.REPLACED,
    }
)

MOVES: dict[State, frozenset[State]] = {
    State.PENDING_NEW: frozenset({State.ACCEPTED, State.NEW, State.REJECTED}),
    State.ACCEPTED: frozenset({State.NEW, State.CANCELED, State.REJECTED}),
    State.HELD: frozenset({State.NEW, State.CANCELED}),
    State.NEW: _FROM_WORKING | {State.REJECTED},
    State.PARTIALLY_FILLED: _FROM_WORKING,
    # A cancel that is refused, or overtaken by a fill, leaves the order where it was.
    State.PENDING_CANCEL: frozenset(
        {State.CANCELED, State.NEW, State.PARTIALLY_FILLED, State.FILLED}
    ),
    State.PENDING_REPLACE: frozenset(
        {State.REPLACED, State.NEW, State.PARTIALLY_FILLED, State.FILLED}
    ),
    State.FILLED: frozenset(),
    State.CANCELED: frozenset(),
    State.EXPIRED: frozenset(),
    State.REJECTED: frozenset(),
    State.REPLACED: frozenset(),
}

TERMINAL = frozenset(state for state, moves in MOVES.items() if not moves)
WORKING = frozenset({State.NEW, State.PARTIALLY_FILLED})
ARRIVING = frozenset({State.PENDING_NEW, State.ACCEPTED})
CANCELABLE = ARRIVING | WORKING | {State.HELD}
OPEN = frozenset(State) - TERMINAL

_STATUS = {
    State.PENDING_NEW: "PENDING",
    State.ACCEPTED: "PENDING",
    State.HELD: "PENDING",
    State.FILLED: "EXECUTED",
    State.REJECTED: "FAILED",
    State.CANCELED: "CANCELLED",
    State.EXPIRED: "CANCELLED",
    State.REPLACED: "CANCELLED",
}


def status_of(state: State) -> str:
    """The plain status that the native API shows beside the state."""
    return _STATUS.get(state, "PROCESSING")


class IllegalMoveError(RejectedError):
    code = "illegal_move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One instruction of one account. Methods return the next order; nothing mutates.

    `filled_value` is the exact sum of price times quantity over the fills. `market_price` is what
    the market asked (bid, for a sale) when the order came in, at market time `market_time`;
    `created_at`, `updated_at` and `triggered_at` are wall time. A trailing stop keeps the best
    price it has seen as `water_mark`, and `stop_price` is its stop as it stands now.

    An order of a `notional` asks for an amount of money, and its `quantity` is what that buys at
    the price it met last. `expires_at` is the market time at which the order ends unfilled, and
    `works_from` the market time before which nothing can happen to it. Orders that belong together
    share a `group_id`, the id of the first of them. `met_event` is the quote or trade that filled
    the order last: it does so once, however often it is told. From `routed_at` on an outside venue
    alone fills and ends the order; `sent_at` is when it was last handed to that venue.
    """

    order_id: OrderId
    account_id: AccountId
    client_order_id: str
    instrument_id: InstrumentId
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None
    state: State
    filled_quantity: Decimal
    filled_value: Decimal
    fills: int
    reserved_cash: Decimal
    reserved_quantity: Decimal
    market_price: Decimal
    reason_code: str | None
    reason: str | None
    market_time: datetime
    created_at: datetime
    updated_at: datetime
    executed_at: datetime | None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    water_mark: Decimal | None = None
    triggered_at: datetime | None = None
    notional: Decimal | None = None
    expire_date: date | None = None
    expires_at: datetime | None = None
    works_from: datetime | None = None
    extended_hours: bool = False
    post_only: bool = False
    order_class: OrderClass = OrderClass.SIMPLE
    group_id: OrderId | None = None
    leg: Leg | None = None
    replaces: OrderId | None = None
    replaced_by: OrderId | None = None
    fees: Decimal = Decimal(0)
    met_event: str | None = None
    routed_at: datetime | None = None
    sent_at: datetime | None = None

    @property
    def waits_for_trigger(self) -> bool:
        """A stop that was not reached yet; told by its prices, which is quicker than by type."""
        return self.triggered_at is None and (
            self.stop_price is not None
            or self.trail_price is not None
            or self.trail_percent is not None
        )

    @property
    def waits_for_print(self) -> bool:
        return self.time_in_force is _OPG or self.time_in_force is _CLS

    @property
    def may_wait(self) -> bool:
        """Neither ioc nor fok: what does not trade at once may rest, or wait for the open."""
        return self.time_in_force not in IMMEDIATE

    @property
    def parent_id(self) -> OrderId | None:
        """The order whose fill brings this one to life."""
        child = self.order_class in {OrderClass.BRACKET, OrderClass.OTO} and self.leg != Leg.ENTRY
        return self.group_id if child else None

    @property
    def is_exit(self) -> bool:
        return self.leg in {Leg.TAKE_PROFIT, Leg.STOP_LOSS}

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def open_quantity(self) -> Decimal:
        return self.quantity - self.filled_quantity

    @property
    def is_terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def average_price(self) -> Decimal | None:
        """Volume-weighted over the fills, to six decimals."""
        if not self.filled_quantity:
            return None
        return unit_price(self.filled_value, self.filled_quantity)

    def move(self, to: State, at: datetime) -> "Order":
        if to not in MOVES[self.state]:
            raise IllegalMoveError(f"an order that is {self.state} cannot become {to}")
        return replace(self, state=to, updated_at=at)

    def fill(self, quantity: Decimal, price: Decimal, at: datetime) -> "Order":
        """The order after a fill. It holds no reservation for what is filled (see `reserving`)."""
        if not 0 < quantity <= self.open_quantity:
            raise IllegalMoveError(
                f"a fill of {quantity} does not fit the open {self.open_quantity}"
            )
        complete = quantity == self.open_quantity
        filled = self.move(State.FILLED if complete else State.PARTIALLY_FILLED, at)
        return replace(
            filled,
            filled_quantity=self.filled_quantity + quantity,
            filled_value=exact_sum(self.filled_value, exact_product(price, quantity)),
            fills=self.fills + 1,
            executed_at=at if complete else None,
        )

    def trigger(self, at: datetime) -> "Order":
        """The stop was reached: from here on the order is a market order, or a live limit."""
        return replace(self, triggered_at=at, updated_at=at)

    def trail(self, mark: Decimal, stop: Decimal) -> "Order":
        """The market moved in the order's favour, and the stop follows it."""
        return replace(self, water_mark=mark, stop_price=stop)

    def resize(self, quantity: Decimal) -> "Order":
        """Another quantity, never below what is filled."""
        if quantity < self.filled_quantity:
            raise IllegalMoveError(f"{self.filled_quantity} are filled, more than {quantity}")
        return replace(self, quantity=quantity)

    def reject(self, code: str, reason: str, at: datetime) -> "Order":
        return replace(self.move(State.REJECTED, at), reason_code=code, reason=reason)

    def reserving(self, cash: Decimal, quantity: Decimal) -> "Order":
        return replace(self, reserved_cash=cash, reserved_quantity=quantity)


def expired_state(order: Order) -> State:
    """What an open order becomes when its time is over: one that never worked cannot expire."""
    return State.EXPIRED if order.state in WORKING else State.CANCELED
