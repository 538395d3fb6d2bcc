"""A run: a plan goes its way under faults, then all is calm, and what is left is judged."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from hub.domain.kernel import OrderId
from tests.simulation.chance import Chance, Hit, Rates, drawn_rates
from tests.simulation.market import turn_to_open
from tests.simulation.operators import DECISIONS, answer
from tests.simulation.plan import SYMBOLS, Act, Plan, plan_of
from tests.simulation.scheduler import StuckError
from tests.simulation.world import World

_ROUNDS = 12
_LONGER_THAN_ANY_ORDER = timedelta(days=100)


class Outcome(NamedTuple):
    """`broken` is what was found, in words; `trace` is the same for every run of the seed."""

    seed: int
    broken: tuple[str, ...]
    trace: str
    hits: tuple[Hit, ...]
    steps: int
    lock_waits: int
    orders: int
    recoveries: int
    story: tuple[str, ...]

    @property
    def faults(self) -> Counter[str]:
        return Counter(hit.fault.value for hit in self.hits)


class Nets(NamedTuple):
    """What catches defects: off, so that each layer is tested alone."""

    constraints: bool = True
    sweeper: bool = True


def run_seed(world: World, seed: int, nets: Nets) -> Outcome:
    rates = drawn_rates(seed, only_healed_at_once=not nets.sweeper)
    return run_plan(world, plan_of(seed), rates, (), nets)


def run_plan(
    world: World, plan: Plan, rates: Rates, without: tuple[str, ...], nets: Nets
) -> Outcome:
    if not nets.sweeper:
        plan = Plan(plan.seed, tuple(act for act in plan.acts if act.kind != "sweep"))
    chance = world.begin(plan, rates, without)
    broken: list[str] = []
    try:
        with world.in_place():
            world.scheduler.run()
            chance.calm()
            broken += _recover(world, _symbols(plan), nets)
            broken += _end_all(world, nets)
    except StuckError as error:
        broken.append(f"stuck: {error}")
    broken += [*world.seen, *judged(world)]
    return _outcome(world, plan, chance, broken)


def _outcome(world: World, plan: Plan, chance: Chance, broken: list[str]) -> Outcome:
    scheduler = world.scheduler
    orders = world.owner.execute(
        "SELECT order_id::text, state, filled_quantity, filled_value FROM orders ORDER BY 1"
    ).fetchall()
    trace = sha256(scheduler.trace.digest() + repr(orders).encode()).hexdigest()
    return Outcome(
        plan.seed,
        tuple(broken),
        trace,
        tuple(chance.hits),
        scheduler.steps,
        scheduler.lock_waits,
        len(orders),
        len(world.recoveries.names),
        tuple(scheduler.story),
    )


def _symbols(plan: Plan) -> list[str]:
    """Those that anybody asks for."""
    return sorted({act.words["symbol"] for act in plan.acts if "symbol" in act.words})


def _recover(world: World, symbols: list[str], nets: Nets) -> list[str]:
    """Nothing goes wrong any more, and the market is open: everything comes to its rest."""
    world.outages.begin()
    for round_ in range(_ROUNDS):
        if world.calendar.session_at(world.redis.market_time()) is None:
            turn_to_open(world, timedelta(minutes=1))
        world.queues.redrive()
        _decide(world, round_)
        for number, symbol in enumerate(symbols):
            _fresh(world, round_, number, symbol)
        world.plan(Act(f"calm {round_} release", "release", 0.02))
        if nets.sweeper:
            world.plan(Act(f"calm {round_} sweep", "sweep", 6.0))
        world.scheduler.run()
        unsettled = _unsettled(world) + _overlooked(world)
        if not unsettled:
            return []
        world.clock.advance(31)
    return [f"does not come to rest: {unsettled}"]


def _decide(world: World, round_: int) -> None:
    """Persons go through the manual list."""
    for number, (order_id, _) in enumerate(_by_hand(world)):
        word = DECISIONS[(round_ + number + world.scheduler.chance.seed) % len(DECISIONS)]
        decision = partial(answer, world.reach(), order_id, word, f"calm {round_}.{number}")
        name = f"calm {round_} decision {number}"
        world.scheduler.spawn(name, decision, world.clock.later(0.001))


def _by_hand(world: World) -> list[tuple[OrderId, str]]:
    return world.owner.execute(_MANUAL, prepare=True).fetchall()


def _fresh(world: World, round_: int, number: int, symbol: str) -> None:
    cents = world.cents[symbol]
    words = {"symbol": symbol, "bid": cents, "ask": cents, "size": 1_000_000, "trade": True}
    world.plan(Act(f"calm {round_} {symbol}", "market", number * 0.005, 0, words))


_UNSETTLED = """
SELECT order_id::text, state FROM orders WHERE state IN ('pending_new', 'pending_cancel',
    'pending_replace') OR (state = 'accepted' AND works_from <= %s AND time_in_force NOT IN
    ('opg', 'cls'))
UNION ALL SELECT message_id::text, 'outbox' FROM outbox
UNION ALL SELECT mine.order_id::text, 'outlives its group' FROM orders mine JOIN orders other
    ON other.group_id = mine.group_id AND other.order_id <> mine.order_id
    WHERE mine.leg <> 'entry' AND other.leg <> 'entry' AND other.state = 'filled'
        AND mine.state IN ('held', 'new', 'partially_filled')
"""


_MANUAL = """
SELECT order_id::text, order_recoveries.reason FROM order_recoveries JOIN orders USING (order_id)
WHERE order_recoveries.state = 'manual' AND orders.state NOT IN
    ('filled', 'canceled', 'expired', 'rejected', 'replaced') ORDER BY order_id
"""


# What stands in the market now has been shown to everybody, with enough for all.
_RESTING = """
SELECT order_id::text, 'overlooked by the market' FROM orders JOIN unnest(%s::text[], %s::numeric[])
    AS market (symbol, price) USING (symbol)
WHERE state IN ('new', 'partially_filled') AND CASE
    WHEN stop_price IS NOT NULL AND triggered_at IS NULL THEN
        CASE side WHEN 'buy' THEN price >= stop_price ELSE price <= stop_price END
    WHEN limit_price IS NOT NULL THEN
        CASE side WHEN 'buy' THEN price <= limit_price ELSE price >= limit_price END
    ELSE time_in_force NOT IN ('opg', 'cls') END
"""


def _overlooked(world: World) -> list[tuple[str, str]]:
    """Orders that rest though the market has reached them."""
    prices = [Decimal(world.cents[symbol]) / 100 for symbol in SYMBOLS]
    found = world.owner.execute(_RESTING, (list(SYMBOLS), prices)).fetchall()
    return [(row[0][-4:], row[1]) for row in found]


def _unsettled(world: World) -> list[tuple[str, str]]:
    found = world.owner.execute(_UNSETTLED, (world.redis.market_time(),)).fetchall()
    dead = [(each.name, "dead") for each in world.queues.dead]
    manual = [(order_id[-4:], f"manual: {reason}") for order_id, reason in _by_hand(world)]
    return [(row[0][-4:], row[1]) for row in found] + dead + manual


def _end_all(world: World, nets: Nets) -> list[str]:
    """Every order's time runs out."""
    ends = world.redis.market_time() + _LONGER_THAN_ANY_ORDER
    world.redis.turn_to(ends)
    world.plan(Act("the end, expire", "expire", 0.001))
    world.plan(Act("the end, settle", "settle", 0.5))
    world.scheduler.run()
    world.recoveries.time_out()
    world.scheduler.run()
    if nets.sweeper:
        world.plan(Act("the end, sweep", "sweep", 6.0))
        world.scheduler.run()
    open_ = world.owner.execute(
        "SELECT state, count(*) FROM orders WHERE state NOT IN"
        " ('filled', 'canceled', 'expired', 'rejected', 'replaced') GROUP BY state ORDER BY state"
    ).fetchall()
    left = world.owner.execute("SELECT destination FROM outbox").fetchall()
    owed = world.owner.execute(
        "SELECT execution_id::text FROM settlement_obligations WHERE settled_at IS NULL"
    ).fetchall()
    found = [f"orders that never end: {open_}"] if open_ else []
    found += [f"never settled: {len(owed)}"] if owed else []
    ladder = world.owner.execute(
        "SELECT state FROM order_recoveries WHERE state <> 'over' ORDER BY order_id"
    ).fetchall()
    found += [f"recoveries that never end: {ladder}"] if ladder else []
    return found + ([f"left in the outbox: {left}"] if left else [])


_ONCE = """
SELECT 'an order met the same event twice', order_id::text FROM executions
GROUP BY order_id, coalesce(trade ->> 'id', quote_id) HAVING count(*) > 1
UNION ALL
SELECT 'an order was triggered twice', order_id::text FROM account_events
WHERE type = 'OrderTriggered' GROUP BY order_id HAVING count(*) > 1
UNION ALL
SELECT 'one key, two orders', client_order_id FROM orders
GROUP BY account_id, client_order_id HAVING count(*) > 1
UNION ALL
SELECT 'a fill has two numbers', order_id::text FROM executions
GROUP BY order_id, fill_sequence HAVING count(*) > 1
UNION ALL
SELECT 'a deposit was booked twice', reference::text FROM ledger_transactions
WHERE kind = 'deposit' GROUP BY account_id, reference HAVING count(*) > 1
UNION ALL
SELECT 'more was taken of a quote than it showed', quote_id FROM executions
WHERE trade IS NULL AND price = (quote ->> CASE side WHEN 'buy' THEN 'ask' ELSE 'bid' END)::numeric
    AND EXISTS (SELECT FROM orders o WHERE o.order_id = executions.order_id
        AND o.time_in_force NOT IN ('opg', 'cls'))
GROUP BY quote_id, side
HAVING sum(quantity) > max((quote ->> CASE side WHEN 'buy' THEN 'ask_size' ELSE 'bid_size' END)
    ::numeric)
"""


def judged(world: World) -> list[str]:
    """Every invariant, and what only the outside knows: what was told to customers and the bus."""
    found = [f"{name}: {count}" for name, count in world.judge.broken().items()]
    found += [f"{name} {error!r}" for name, error in world.scheduler.errors]
    found += [f"{what}: {which[-4:]}" for what, which in world.owner.execute(_ONCE, prepare=True)]
    told = world.owner.execute("SELECT message_id::text, destination FROM outbox_told").fetchall()
    found += [f"never sent: {to}" for message, to in told if message not in world.queues.told]
    return found + _answers_kept(world)


def _answers_kept(world: World) -> list[str]:
    answers = world.answers
    orders = world.owner.execute(
        "SELECT account_id || '/' || client_order_id, order_id::text, state FROM orders"
    ).fetchall()
    by_key = {key: order_id for key, order_id, _ in orders}
    states = {order_id: state for _, order_id, state in orders}
    booked: dict[str, Decimal] = dict(
        world.owner.execute(
            "SELECT t.reference::text, e.amount FROM ledger_transactions t JOIN ledger_entries e"
            " USING (transaction_id) WHERE t.kind = 'deposit' AND e.ledger = 'settled'"
        ).fetchall()
    )
    found = [
        f"order {key} was taken as {order_id[-4:]}, and is {by_key.get(key)}"
        for key, order_id in answers.orders.items()
        if by_key.get(key) != order_id
    ]
    by_hand: Counter[str] = Counter(
        row[0]
        for row in world.owner.execute(
            "SELECT quote_id FROM executions WHERE quote_id LIKE 'operator-%'", prepare=True
        )
    )
    found += [
        f"{order_id[-4:]} was filled by hand as {key}, {by_hand[key]} times"
        for key, order_id in answers.fills.items()
        if by_hand[key] != 1
    ]
    found += [
        f"{order_id[-4:]} was canceled, and is {states.get(order_id)}"
        for order_id in sorted(answers.canceled)
        if states.get(order_id) != "canceled"
    ]
    return found + [
        f"a deposit of {amount} is booked as {booked.get(deposit_id)}"
        for deposit_id, amount in answers.deposits.items()
        if abs(booked.get(deposit_id) or 0) != amount
    ]
