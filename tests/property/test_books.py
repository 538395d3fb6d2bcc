"""Cash, shares and ledger under any sequence of trades: nothing is lost, made or negative."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.application.books import AccountBook, Books
from hub.domain.accounts.balance import Amounts, Balance, InsufficientBuyingPowerError
from hub.domain.accounts.ledger import Ledger, posting
from hub.domain.accounts.portfolio import Holding, by_category
from hub.domain.accounts.position import InsufficientHoldingsError, Position
from hub.domain.kernel import (
    MONEY_STEP,
    AccountId,
    CustomerId,
    RejectedError,
    exact_product,
    exact_sum,
    money,
    notional,
    plain,
    ratio,
)
from tests.fixtures.values import AT, an_order

MONEY = st.integers(1, 10**13).map(lambda units: units * MONEY_STEP)
QUANTITY = st.integers(1, 10**13).map(lambda units: Decimal(units).scaleb(-9))
PRICE = st.integers(1, 10**8).map(lambda units: Decimal(units).scaleb(-4))
ZERO = Decimal(0)


class Bookkeeping(RuleBasedStateMachine):
    """One account through deposits, reservations, buys at any price, sales and releases."""

    def __init__(self) -> None:
        super().__init__()
        self.balance = Balance()
        self.position = Position()
        self.ledger = dict.fromkeys(Ledger, ZERO)
        self.holds: list[Decimal] = []
        self.sales: list[Decimal] = []
        self.released_cost = ZERO
        self.paid = ZERO
        self.earned = ZERO

    def post(self, after: Balance, amounts: Amounts) -> None:
        entry = posting(AccountId("a"), "any", "r", amounts)
        assert sum((each.amount for each in entry.entries), ZERO) == 0
        for each in entry.entries:
            self.ledger[each.ledger] += each.amount
        self.balance = after

    @rule(amount=MONEY)
    def deposit(self, amount: Decimal) -> None:
        self.post(*self.balance.deposit(amount))

    @rule(amount=MONEY)
    def reserve(self, amount: Decimal) -> None:
        if amount > self.balance.available:
            with pytest.raises(InsufficientBuyingPowerError):
                self.balance.reserve(amount)
            return
        self.post(*self.balance.reserve(amount))
        self.holds.append(amount)

    @precondition(lambda self: self.holds)
    @rule()
    def release(self) -> None:
        self.post(*self.balance.release(self.holds.pop(0)))

    @precondition(lambda self: self.holds)
    @rule(quantity=QUANTITY, price=PRICE)
    def buy(self, quantity: Decimal, price: Decimal) -> None:
        cost, released = notional(price, quantity), self.holds[0]
        if cost > self.balance.available + released:
            with pytest.raises(InsufficientBuyingPowerError):
                self.balance.buy(cost, released)
            return
        self.post(*self.balance.buy(cost, self.holds.pop(0)))
        self.position = self.position.buy(quantity, cost)
        self.paid += cost

    @precondition(lambda self: self.position.sellable > 0)
    @rule(part=st.integers(1, 10**9))
    def offer(self, part: int) -> None:
        step = Decimal("1e-9")
        quantity = max((self.position.sellable * part / 10**9).quantize(step), step)
        with pytest.raises(InsufficientHoldingsError):
            self.position.reserve(self.position.sellable + step)
        self.position = self.position.reserve(quantity)
        self.sales.append(quantity)

    @precondition(lambda self: self.sales)
    @rule()
    def withdraw_offer(self) -> None:
        self.position = self.position.release(self.sales.pop(0))

    @precondition(lambda self: self.sales)
    @rule(price=PRICE)
    def sell(self, price: Decimal) -> None:
        quantity = self.sales.pop(0)
        proceeds = notional(price, quantity)
        if self.balance.total + proceeds < Decimal("1e12"):
            before = self.position.cost
            self.position = self.position.sell(quantity, proceeds)
            self.released_cost += before - self.position.cost
            self.post(*self.balance.sell(proceeds))
            self.earned += proceeds
        else:
            self.position = self.position.release(quantity)

    @invariant()
    def the_ledger_is_the_balance(self) -> None:
        assert self.ledger[Ledger.SETTLED] == self.balance.settled
        assert self.ledger[Ledger.UNSETTLED] == self.balance.unsettled
        assert self.ledger[Ledger.RESERVED] == self.balance.reserved == sum(self.holds, ZERO)
        assert sum(self.ledger.values(), ZERO) == 0
        assert self.ledger[Ledger.MARKET] == self.paid - self.earned

    @invariant()
    def nothing_is_negative(self) -> None:
        cash, held = self.balance, self.position
        assert min(cash.settled, cash.unsettled, cash.reserved, cash.available) >= 0
        assert min(held.quantity, held.reserved, held.sellable, held.cost) >= 0

    @invariant()
    def cost_is_conserved_to_the_last_millionth(self) -> None:
        assert self.position.cost + self.released_cost == self.paid
        assert self.position.realised == self.earned - self.released_cost
        assert self.position.reserved == sum(self.sales, ZERO)
        if not self.position.quantity:
            assert self.position.cost == 0


TestBookkeeping = Bookkeeping.TestCase
TestBookkeeping.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(cost=MONEY, parts=st.lists(QUANTITY, min_size=1, max_size=12))
def test_the_last_share_takes_the_last_unit_of_cost(cost: Decimal, parts: list[Decimal]):
    position = Position().buy(sum(parts, ZERO), cost)
    for part in parts:
        assert position.cost >= 0
        position = position.reserve(part).sell(part, ZERO)
    assert position == Position(realised=-cost)


@given(amounts=st.dictionaries(st.sampled_from(list(Ledger)), MONEY | MONEY.map(lambda m: -m)))
def test_a_posting_balances_or_is_refused(amounts: Amounts):
    total = sum(amounts.values(), ZERO)
    if total:
        with pytest.raises(ValueError, match="not to zero"):
            posting(AccountId("a"), "k", "r", amounts)
    else:
        assert {each.ledger for each in posting(AccountId("a"), "k", "r", amounts).entries} == set(
            amounts
        )


@given(st.decimals(0, Decimal("1e12") - 1, places=6), MONEY)
def test_no_deposit_takes_an_account_to_what_its_columns_cannot_hold(
    held: Decimal, amount: Decimal
):
    balance = Balance(settled=held)
    if held + amount < Decimal("1e12"):
        assert balance.deposit(amount)[0].settled == held + amount
    else:
        with pytest.raises(RejectedError):
            balance.deposit(amount)


@given(price=PRICE, quantity=QUANTITY)
def test_a_notional_is_within_half_a_millionth_and_even_at_the_half(
    price: Decimal, quantity: Decimal
):
    exact, rounded = exact_product(price, quantity), notional(price, quantity)
    assert abs(rounded - exact) <= MONEY_STEP / 2
    if abs(rounded - exact) == MONEY_STEP / 2:
        assert int(rounded / MONEY_STEP) % 2 == 0
    assert rounded.as_tuple().exponent == -6


@given(limit=PRICE, price=PRICE, quantity=QUANTITY)
def test_a_fill_at_or_below_the_limit_never_costs_more_than_was_reserved(
    limit: Decimal, price: Decimal, quantity: Decimal
):
    best = min(limit, price)
    assert notional(best, quantity) <= notional(limit, quantity)


@given(left=MONEY, right=MONEY)
def test_sums_are_exact(left: Decimal, right: Decimal):
    assert exact_sum(left, right) / MONEY_STEP == left / MONEY_STEP + right / MONEY_STEP


@given(amount=MONEY, whole=QUANTITY, part=st.integers(0, 100))
def test_a_share_lies_between_nothing_and_all(amount: Decimal, whole: Decimal, part: int):
    share = ratio(amount, whole * part / 100, whole)
    assert 0 <= share <= amount


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9), st.integers(0, 6))
def test_plain_text_is_the_number_and_has_no_exponent(number: Decimal, places: int):
    text = plain(number, places)
    assert Decimal(text) == number
    assert not set(text) - set("-.0123456789")
    fraction = text.partition(".")[2]
    assert len(fraction) >= places
    assert not (len(fraction) > places and fraction.endswith("0"))
    assert not text.startswith("-0") or number != 0


@given(
    quantity=st.integers(1, 10**12),
    cuts=st.lists(st.integers(1, 10**12), max_size=8),
    prices=st.lists(PRICE, min_size=9, max_size=9),
)
def test_fills_never_exceed_the_quantity_and_their_value_is_exact(
    quantity: int, cuts: list[int], prices: list[Decimal]
):
    order = an_order(state="new", quantity=Decimal(quantity).scaleb(-9))
    value = ZERO
    for cut, price in zip([*cuts, quantity], prices, strict=False):
        part = min(Decimal(cut).scaleb(-9), order.open_quantity)
        if not part:
            break
        order = order.fill(part, price, AT)
        value += part * price
        assert order.filled_quantity + order.open_quantity == order.quantity
        assert order.is_terminal == (order.open_quantity == 0)
    assert order.filled_value == value
    assert order.is_terminal


HOLDING = st.builds(
    Holding,
    symbol=st.sampled_from("ABCDEF"),
    name=st.just("n"),
    category=st.sampled_from(["bonds", "funds", "stocks"]),
    quantity=QUANTITY,
    average_price=PRICE,
    cost=MONEY,
    market_price=PRICE,
    stale=st.booleans(),
    realised=MONEY,
    priced_at=st.none(),
    previous_close=st.none(),
)


@given(st.lists(HOLDING, max_size=12))
def test_categories_add_up_to_what_is_held(holdings: list[Holding]):
    categories = by_category(holdings)
    names = [each.category for each in categories]
    assert names == sorted(set(names))
    assets = [asset for each in categories for asset in each.assets]
    assert sorted(assets) == sorted(holdings)
    for each in categories:
        assert each.total_invested == sum((asset.cost for asset in each.assets), ZERO)
        assert each.current_total == sum(
            (notional(asset.market_price, asset.quantity) for asset in each.assets), ZERO
        )
        assert each.pnl == sum((asset.unrealised for asset in each.assets), ZERO)
        exact = 100 * each.pnl / each.total_invested
        assert abs(each.pnl_percentage - exact) <= Decimal("0.005")


def test_a_category_that_cost_nothing_has_no_percentage():
    holding = Holding("A", "n", "stocks", Decimal(1), ZERO, ZERO, Decimal(5), stale=False)
    assert by_category([holding])[0].pnl_percentage == 0


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=5)), max_size=6))
def test_each_audit_link_depends_on_all_before_it(details: list[dict[str, Any]]):
    from hashlib import sha256

    from hub.application.books import GENESIS, Cause

    books = Books({}, {})
    account = AccountBook(AccountId("a"), CustomerId("c"), Balance(), {}, 0, 0, GENESIS)
    for detail in details:
        books.audit(account, Cause("who", "what", AT), detail)
    chain = GENESIS
    for place, row in enumerate(books.audits, 1):
        chain = sha256(chain + row.payload.encode()).digest()
        assert (row.sequence, row.hash) == (place, chain)
    assert account.audit_hash == chain
    assert account.audit_sequence == len(details)


@given(MONEY)
def test_money_that_is_money_stays_what_it_is(amount: Decimal):
    assert money(amount) == amount
