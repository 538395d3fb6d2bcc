"""Sell a position at the market: some of it, a share of it, or all."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from typing import NamedTuple

from hub.application.accounts.list_accounts import only_account
from hub.application.orders.cancel_all_orders import CancelAllOrders, CancelAllOrdersCommand
from hub.application.orders.submit_order import SubmitOrder, SubmitOrderCommand
from hub.application.ports.accounts import Accounts, HeldPosition
from hub.application.ports.orders import OpenOrders
from hub.domain.kernel import (
    QUANTITY_STEP,
    AccountId,
    CustomerId,
    Fault,
    InvalidInputError,
    NotFoundError,
)
from hub.domain.orders.entry_rules import NewOrder
from hub.domain.orders.order import Order, OrderType, Side, TimeInForce

_HUNDRED = Decimal(100)
_DOWN = Context(prec=60, rounding=ROUND_DOWN)


class ClosePositionCommand(NamedTuple):
    """Neither `quantity` nor `percentage` is all of it. `cancel_orders` first takes back the open
    sales of the symbol, which hold shares back."""

    customer_id: CustomerId
    account_id: AccountId | None
    symbol: str
    quantity: Decimal | None
    percentage: Decimal | None
    cancel_orders: bool
    client_order_id: str | None
    trace_id: str


@dataclass(frozen=True, slots=True)
class ClosePosition:
    accounts: Accounts
    cancel_all_orders: CancelAllOrders
    submit_order: SubmitOrder

    def __call__(self, command: ClosePositionCommand) -> Order:
        """The order that sells. Raises NotFoundError where nothing is held, and what submitting an
        order raises."""
        if command.quantity is not None and command.percentage is not None:
            message = "a quantity or a percentage, and not both"
            raise InvalidInputError(message, faults=(Fault("quantity", "one_of", message),))
        account_id = command.account_id or only_account(self.accounts, command.customer_id)
        held = self._held(command, account_id)
        if command.cancel_orders:
            sales = OpenOrders(
                command.customer_id, account_id, (command.symbol,), Side.SELL, held=False
            )
            self.cancel_all_orders(CancelAllOrdersCommand(sales, command.trace_id))
            # Until they were taken back, they may have sold of it.
            held = self._held(command, account_id)
        order = NewOrder(
            command.symbol,
            Side.SELL,
            OrderType.MARKET,
            TimeInForce.DAY,
            _quantity(command, held.position.quantity),
        )
        submitted = self.submit_order(
            SubmitOrderCommand(
                command.customer_id, account_id, command.client_order_id, order, command.trace_id
            )
        )
        return submitted.order

    def _held(self, command: ClosePositionCommand, account_id: AccountId) -> HeldPosition:
        for held in self.accounts.positions(command.customer_id, account_id):
            if held.symbol == command.symbol:
                return held
        raise NotFoundError(f"there is no position in {command.symbol}")


def _quantity(command: ClosePositionCommand, held: Decimal) -> Decimal:
    if command.quantity is not None:
        return command.quantity
    if command.percentage is None:
        return held
    part = _DOWN.multiply(held, _DOWN.divide(command.percentage, _HUNDRED))
    return max(part.quantize(QUANTITY_STEP, context=_DOWN), QUANTITY_STEP)
