"""Take an order: check, reserve, record once, announce. Filling it is ProcessOrder's job."""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from hub.application.accounts.list_accounts import only_account, own_open_account
from hub.application.books import Cause, Destination, audit_payload, canonical, queue_body
from hub.application.orders.intake import Intake, Intaken
from hub.application.ports.accounts import Accounts
from hub.application.ports.messages import Message
from hub.application.ports.orders import DuplicateOrderError, Orders, RequestedOrders
from hub.application.ports.system import Ids
from hub.application.relay import Relay
from hub.domain.accounts.balance import insufficient
from hub.domain.accounts.position import insufficient_holdings
from hub.domain.kernel import (
    AccountId,
    ConflictError,
    CustomerId,
    Fault,
    ForbiddenError,
    RejectedError,
    UnavailableError,
    notional,
)
from hub.domain.market.quote import quote_record
from hub.domain.orders.entry_rules import NewOrder
from hub.domain.orders.order import Order, Side, State


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
    intake: Intake
    ids: Ids
    relay: Relay

    def __call__(self, command: SubmitOrderCommand) -> SubmittedOrder:
        """Raises InvalidInputError, NotFoundError, RejectedError, ForbiddenError, ConflictError."""
        account_id = command.account_id or only_account(self.accounts, command.customer_id)
        key = command.client_order_id
        try:
            taken = self.intake.take(command.order, account_id, command.client_order_id)
            request = self._request(command, taken)
            # Without a key of the client's the order's own id is one: a statement that ran again
            # because its answer was lost finds its own order.
            key = taken.orders[0].client_order_id
            self._place(request)
        except DuplicateOrderError:
            return self._repeated(command, account_id, key)
        except (RejectedError, ForbiddenError):
            # A repeat of an order that was taken is answered with it, whatever the market does now.
            if self._earlier(command, account_id):
                return self._repeated(command, account_id, key)
            raise
        self.relay.send(request.messages)
        return SubmittedOrder(taken.orders[0], repeated=False)

    def _request(self, command: SubmitOrderCommand, taken: Intaken) -> RequestedOrders:
        first = taken.orders[0]
        cause = Cause(
            actor=command.customer_id,
            action="submitted",
            at=first.created_at,
            market_time=first.market_time,
            trace_id=command.trace_id,
        )
        seen = {"quote": quote_record(taken.quote)}
        detail = {"order_id": first.order_id, "order": asked_for(command.order)}
        return RequestedOrders(
            orders=taken.orders,
            customer_id=command.customer_id,
            request_hash=request_hash(command.order),
            order_value=first.reserved_cash or notional(first.market_price, first.quantity),
            transaction_id=self.ids.new(),
            cause=cause,
            event_detail=canonical(seen),
            audit_payload=audit_payload(cause, detail | seen),
            messages=[
                Message(
                    self.ids.new(),
                    order.account_id,
                    Destination.ORDERS_SUBMITTED,
                    queue_body(order.order_id, order.account_id, order.symbol, command.trace_id),
                )
                for order in taken.orders
                if order.state is State.PENDING_NEW
            ],
        )

    def _place(self, request: RequestedOrders) -> None:
        placed, first = self.orders.place(request), request.orders[0]
        if not placed.account_found:
            own_open_account(self.accounts, request.customer_id, first.account_id)
            raise UnavailableError("the account could not be locked")
        if placed.broken_limit is not None:
            raise limit_broken(placed.broken_limit)
        if not placed.placed and first.side is Side.BUY:
            raise insufficient(placed.available, first.reserved_cash)
        if not placed.placed:
            raise insufficient_holdings(placed.available, first.reserved_quantity)

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


class AccountLimitError(ForbiddenError):
    code = "account_limit"


def limit_broken(name: str) -> AccountLimitError:
    """The refusal of an order that goes beyond what the account is allowed."""
    message = f"the order goes beyond the account's {name}"
    return AccountLimitError(message, faults=(Fault("account_id", name, message),))


def asked_for(order: NewOrder) -> dict[str, Any]:
    """What the customer asked for, in one spelling per meaning: 10 and 10.0 are the same order."""
    return _spelled(order)


def _spelled(values: NamedTuple) -> dict[str, Any]:
    return {
        name: _word(value)
        for name, value in values._asdict().items()
        if value is not None and value is not False
    }


def _word(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, tuple):
        return _spelled(value)  # type: ignore[arg-type]  # the exits of a group
    return str(value)


def request_hash(order: NewOrder) -> bytes:
    return sha256(canonical(asked_for(order)).encode()).digest()
