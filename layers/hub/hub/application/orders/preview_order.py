"""Say what would become of an order, and change nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from hub.application.accounts.list_accounts import only_account, own_accounts
from hub.application.orders.election import last_trade_event, quote_event
from hub.application.orders.intake import Intake, Intaken
from hub.application.ports.accounts import Accounts
from hub.domain.accounts.fees import Fee, fees_of
from hub.domain.kernel import (
    AccountId,
    CustomerId,
    Fault,
    InvalidInputError,
    RejectedError,
    exact_product,
    notional,
    unit_price,
)
from hub.domain.orders.entry_rules import NewOrder
from hub.domain.orders.events import Market, supply_of
from hub.domain.orders.matching import Action, Step, arrive
from hub.domain.orders.order import Order, Side
from hub.domain.orders.venue import Liquidity

_ZERO = Decimal(0)


class Check(NamedTuple):
    """One group of rules: whether the order passes, and if not, why."""

    name: str
    passed: bool
    code: str | None = None
    detail: str | None = None
    faults: tuple[Fault, ...] = ()


class ExpectedFill(NamedTuple):
    """What the order would do at once in the market as it stands."""

    outcome: str
    quantity: Decimal
    price: Decimal | None
    value: Decimal
    fees: Sequence[Fee]


class Preview(NamedTuple):
    """`required` and `available` are cash for a buy, shares for a sale. Without `order` the checks
    say what stands in its way."""

    accepted: bool
    checks: Sequence[Check]
    required: Decimal | None = None
    available: Decimal | None = None
    order: Order | None = None
    expected: ExpectedFill | None = None


class PreviewOrderCommand(NamedTuple):
    customer_id: CustomerId
    account_id: AccountId | None
    order: NewOrder


@dataclass(frozen=True, slots=True)
class PreviewOrder:
    accounts: Accounts
    intake: Intake

    def __call__(self, command: PreviewOrderCommand) -> Preview:
        """Raises NotFoundError for an account that is not the customer's."""
        account_id = command.account_id or only_account(self.accounts, command.customer_id)
        own_accounts(self.accounts, command.customer_id, account_id)
        try:
            taken = self.intake.take(command.order, account_id, None)
        except (InvalidInputError, RejectedError) as error:
            refused = Check("rules", False, error.code, error.detail, error.faults)
            return Preview(accepted=False, checks=[refused])
        order = taken.orders[0]
        required, available = self._funds(command, order)
        funds = _funds_check(order, required, available)
        checks = [Check("rules", passed=True), funds]
        return Preview(funds.passed, checks, required, available, order, self._expected(taken))

    def _funds(self, command: PreviewOrderCommand, order: Order) -> tuple[Decimal, Decimal]:
        if order.side is Side.BUY:
            [account] = self.accounts.of(command.customer_id, order.account_id)
            return order.reserved_cash, account.balance.available
        held = self.accounts.positions(command.customer_id, order.account_id)
        sellable = [
            each.position.sellable for each in held if each.instrument_id == order.instrument_id
        ]
        return order.reserved_quantity, sum(sellable, _ZERO)

    def _expected(self, taken: Intaken) -> ExpectedFill:
        order = taken.orders[0]
        if not taken.trades_now:
            return ExpectedFill("queued", _ZERO, None, _ZERO, ())
        profile = self.intake.terms.profile
        displayed = profile.liquidity is Liquidity.DISPLAYED
        quote, trade = quote_event(taken.quote), last_trade_event(taken.quote)
        market = Market(quote, None, supply_of(quote, displayed=displayed))
        if trade is not None:
            market = market.at_trade(trade, supply_of(trade, displayed=displayed))
        return self._outcome(order, arrive(order, market, profile), taken)

    @staticmethod
    def _outcome(order: Order, steps: Sequence[Step], taken: Intaken) -> ExpectedFill:
        fills = [step for step in steps if step.action is Action.FILL]
        ends = [step.reason for step in steps if step.action in {Action.CANCEL, Action.REJECT}]
        quantity = sum((fill.quantity for fill in fills), _ZERO)
        if not quantity:
            return ExpectedFill(ends[0] if ends else "rests", _ZERO, None, _ZERO, ())
        exact = sum((exact_product(fill.price, fill.quantity) for fill in fills), _ZERO)
        value = sum((notional(fill.price, fill.quantity) for fill in fills), _ZERO)
        whole = quantity >= order.quantity or order.notional is not None
        fees = fees_of(taken.schedule, order.side, quantity, value, taken.market_time.date())
        outcome = "filled" if whole else "partially_filled"
        return ExpectedFill(outcome, quantity, unit_price(exact, quantity), value, fees)


def _funds_check(order: Order, required: Decimal, available: Decimal) -> Check:
    if required <= available:
        return Check("funds", passed=True)
    buying = order.side is Side.BUY
    code = "insufficient_buying_power" if buying else "insufficient_holdings"
    what = "USD" if buying else "shares"
    detail = f"the order needs {required:f} {what}, {available:f} are available"
    return Check("funds", False, code, detail)
