"""Let a paper account begin again: orders canceled, positions sold, cash as it is asked for.

What was is not undone. Positions are sold at the market's last quote, by orders like any other, and
the rest of the cash leaves through the ledger: history tells all of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID, uuid5

from hub.application.accounts.list_accounts import own_accounts, own_open_account
from hub.application.books import Destination, canonical, domain_event
from hub.application.orders.booking import Booking, Seen
from hub.application.orders.cancel_all_orders import CancelAllOrders, CancelAllOrdersCommand
from hub.application.orders.canceling import OrdersAtWork
from hub.application.orders.election import quote_event
from hub.application.orders.execute_orders import EXCHANGE
from hub.application.orders.steps import Steps
from hub.application.ports.accounts import Accounts, AccountSummary, HeldPosition
from hub.application.ports.orders import OpenOrders, Orders
from hub.domain.kernel import (
    AccountId,
    ConflictError,
    CustomerId,
    OrderId,
    UnavailableError,
    plain,
)
from hub.domain.market.quote import Quote
from hub.domain.orders.entry_rules import NewOrder
from hub.domain.orders.events import Market
from hub.domain.orders.matching import Action, Step
from hub.domain.orders.order import Order, OrderType, Side, State, TimeInForce
from hub.domain.orders.placing import Placement, orders_for
from hub.domain.orders.routing import NotOfferedError

KIND = "reset"
_ZERO = Decimal(0)
# Somebody may be placing orders all the while.
_TRIES = 3


class ResetAccountCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId
    starting_balance: Decimal
    idempotency_key: str | None
    trace_id: str


@dataclass(frozen=True, slots=True)
class ResetAccount:
    accounts: Accounts
    orders: Orders
    cancel_all_orders: CancelAllOrders
    at_work: OrdersAtWork

    def __call__(self, command: ResetAccountCommand) -> AccountSummary:
        """The account after it; as it is now, where this very reset was the latest already.

        Raises NotFoundError, AccountClosedError, NotOfferedError at an outside venue,
        UnavailableError where a position has no price, and ConflictError where orders keep coming
        in.
        """
        customer_id, account_id = command.customer_id, command.account_id
        own_open_account(self.accounts, customer_id, account_id)
        if self.at_work.terms.outside:
            raise NotOfferedError("only an account at the paper venue can begin again")
        reset_id = self._reset_id(command)
        which = OpenOrders(customer_id, account_id)
        for _ in range(_TRIES):
            while self.orders.open_orders(which, 1):
                self.cancel_all_orders(CancelAllOrdersCommand(which, command.trace_id))
            if self._reset(command, reset_id):
                return own_accounts(self.accounts, customer_id, account_id)[0]
        raise ConflictError("orders keep coming in; try again", code="orders_keep_coming")

    def _reset_id(self, command: ResetAccountCommand) -> str:
        if command.idempotency_key is None:
            return self.at_work.ids.new()
        return str(uuid5(UUID(command.account_id), f"reset {command.idempotency_key}"))

    def _reset(self, command: ResetAccountCommand, reset_id: str) -> bool:
        """False where an order came in between."""
        customer_id, account_id = command.customer_id, command.account_id
        moment = self.at_work.moment(customer_id, command.trace_id)
        held = self.accounts.positions(customer_id, account_id)
        quotes = self._quotes(held)
        work = self.at_work
        schedule = work.fees.schedule(EXCHANGE)
        with work.accounts_at_work.open([account_id], []) as books:
            # Under the lock, what was read before it may be over.
            if self.orders.open_orders(OpenOrders(customer_id, account_id), 1):
                return False
            if held != self.accounts.positions(customer_id, account_id):
                return False
            own_open_account(self.accounts, customer_id, account_id)
            booking = Booking(Steps(books, moment, work.ids), work.terms, schedule)
            if self.accounts.reset(account_id, reset_id, moment.now):
                for each in held:
                    books.accounts[account_id].positions[each.instrument_id] = each.position
                    _sell(booking, each, quotes[each.symbol])
                _restart(booking, command, reset_id)
        work.tell(booking)
        return True

    def _quotes(self, held: Sequence[HeldPosition]) -> Mapping[str, Quote]:
        quotes = self.at_work.market_data.view([each.symbol for each in held]).quotes
        for each in held:
            if each.symbol not in quotes:
                raise UnavailableError(f"{each.symbol} has no price", code="no_market_data")
        return quotes


def _sell(booking: Booking, held: HeldPosition, quote: Quote) -> None:
    steps = booking.steps
    order = booking.reserve(_begun(steps, held, quote), _ZERO, held.position.quantity)
    event = quote_event(quote)
    seen = Seen(Market(event, None), quote, None, event)
    working = steps.take(order, order.move(State.NEW, steps.moment.now), "entered", seen.record)
    fill = Step(Action.FILL, held.position.quantity, quote.bid)
    booking.carry_out(working, (fill,), seen)


def _begun(steps: Steps, held: HeldPosition, quote: Quote) -> Order:
    moment, quantity = steps.moment, held.position.quantity
    asked = NewOrder(held.symbol, Side.SELL, OrderType.MARKET, TimeInForce.DAY, quantity)
    placement = Placement(
        held.account_id, held.instrument_id, quote.bid, quote.bid, moment.market_time, moment.now
    )
    (order,) = orders_for(asked, placement, lambda: OrderId(steps.ids.new()))
    request_hash = sha256(canonical({KIND: order.order_id}).encode()).digest()
    return steps.begin(order, request_hash, {"because": KIND})


def _restart(booking: Booking, command: ResetAccountCommand, reset_id: str) -> None:
    steps, books = booking.steps, booking.books
    account, now = books.accounts[command.account_id], steps.moment.now
    before = account.balance
    balance, amounts = before.restart(command.starting_balance)
    transaction_id = steps.ids.new()
    books.post(
        account,
        balance,
        amounts,
        transaction_id=transaction_id,
        kind=KIND,
        reference=reset_id,
        at=now,
    )
    cause = steps.moment.cause(KIND)
    detail = {
        "reset_id": reset_id,
        "before": plain(before.total, 2),
        "balance": plain(balance.total, 2),
    }
    books.record(account, "AccountReset", cause, detail)
    books.audit(account, cause, detail)
    body = domain_event("AccountReset", account.account_id, detail)
    books.announce(account, steps.ids.new(), Destination.BUS, body, now)
