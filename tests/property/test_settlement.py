"""Settlement against a purse in which every dollar knows the sale that it is of."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.domain.accounts.balance import Balance
from hub.domain.accounts.ledger import Ledger, posting
from hub.domain.kernel import MONEY_STEP, AccountId
from hub.domain.settlement.settling import Obligation, settle

ZERO = Decimal(0)
MONEY = st.integers(1, 10**12).map(lambda units: units * MONEY_STEP)


class Purse(RuleBasedStateMachine):
    """Sales that settle in one to three days, purchases of any size, runs of any frequency."""

    def __init__(self) -> None:
        super().__init__()
        self.today = self.latest = date(2012, 6, 1)
        self.balance = Balance()
        self.owed: dict[str, Obligation] = {}
        self.left: dict[str, Decimal] = {}
        self.settled = ZERO
        self.ledger = dict.fromkeys(Ledger, ZERO)
        self.times: dict[str, int] = {}
        self.sales = 0

    def post(self, after: Balance, amounts: dict[Ledger, Decimal]) -> None:
        for each in posting(AccountId("a"), "any", "r", amounts).entries:
            self.ledger[each.ledger] += each.amount
        self.balance = after

    @rule(amount=MONEY)
    def deposit(self, amount: Decimal) -> None:
        self.post(*self.balance.deposit(amount))
        self.settled += amount

    @rule(amount=MONEY, days=st.integers(1, 3))
    def sell(self, amount: Decimal, days: int) -> None:
        """A later sale settles no earlier, also where the cycle becomes shorter."""
        self.sales += 1
        self.latest = max(self.latest, self.today + timedelta(days=days))
        name = f"{self.sales:05}"
        self.post(*self.balance.sell(amount))
        self.owed[name] = Obligation(name, amount, self.latest)
        self.left[name] = amount

    @precondition(lambda self: self.balance.available)
    @rule(part=st.integers(1, 100))
    def buy(self, part: int) -> None:
        cost = max((self.balance.available * part / 100).quantize(MONEY_STEP), MONEY_STEP)
        self.post(*self.balance.buy(cost, ZERO))
        paid = min(cost, self.settled)
        self.settled, cost = self.settled - paid, cost - paid
        for name in sorted(self.left, key=lambda its: (self.owed[its].settlement_date, its)):
            paid = min(cost, self.left[name])
            self.left[name] -= paid
            cost -= paid

    @rule(days=st.integers(0, 2))
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(times=st.integers(1, 3))
    def run(self, times: int) -> None:
        available, total = self.balance.available, self.balance.total
        for _ in range(times):
            for each in settle(self.balance.unsettled, self.owed.values(), self.today):
                name = each.obligation.execution_id
                assert each.moved == self.left.pop(name)
                self.times[name] = self.times.get(name, 0) + 1
                del self.owed[name]
                self.settled += each.moved
                self.post(*self.balance.settle(each.moved))
        assert (self.balance.available, self.balance.total) == (available, total)
        assert all(each.settlement_date > self.today for each in self.owed.values())

    @invariant()
    def every_dollar_is_where_its_sale_says(self) -> None:
        assert self.balance.settled == self.settled == self.ledger[Ledger.SETTLED]
        assert self.balance.unsettled == sum(self.left.values(), ZERO)
        assert self.balance.unsettled == self.ledger[Ledger.UNSETTLED]
        assert min(self.balance) >= 0
        assert sum(self.ledger.values(), ZERO) == 0
        assert set(self.times.values()) <= {1}


TestPurse = Purse.TestCase
TestPurse.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
