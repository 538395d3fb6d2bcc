"""What customers do: each asks until it is answered, and remembers the answers."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from hub.application.accounts.cash_moves import CashCommand
from hub.application.orders.cancel_all_orders import CancelAllOrdersCommand
from hub.application.orders.cancel_order import CancelOrderCommand
from hub.application.orders.close_position import ClosePositionCommand
from hub.application.orders.replace_order import ReplaceOrderCommand
from hub.application.ports.orders import OpenOrders
from hub.domain.kernel import HubError, OrderId, UnavailableError
from hub.domain.orders.entry_rules import StopLoss, TakeProfit
from hub.domain.orders.order import Order, OrderClass
from hub.domain.orders.replacing import Changes
from tests.fixtures.worlds import Customer, order_command
from tests.simulation.chance import Fault
from tests.simulation.plan import Act
from tests.simulation.scheduler import KilledError, Scheduler

Answer = TypeVar("Answer")
TRACE = "simulation"
_TRIES = 12


class Answers:
    """What customers were told: it has to be true in the end."""

    def __init__(self) -> None:
        self.orders: dict[str, OrderId] = {}
        self.canceled: set[OrderId] = set()
        self.deposits: dict[str, Decimal] = {}
        self.fills: dict[str, OrderId] = {}
        self.known: dict[int, list[Order]] = {}


class Reach(NamedTuple):
    """What a command needs of the world: the use cases of the process in which it runs."""

    scheduler: Scheduler
    hub: Callable[[], Any]
    customers: list[Customer]
    answers: Answers
    price: Callable[[str], int]


def asked(reach: Reach, work: Callable[[], Answer], *, again: bool) -> Answer | HubError | None:
    """The answer, or the refusal; None where none ever came.

    Who has a key asks `again` until there is an answer.
    """
    for attempt in range(_TRIES if again else 1):
        if attempt:
            reach.scheduler.sleep(0.2 * attempt)
        try:
            with reach.scheduler.process():
                reach.scheduler.seam("request", Fault.KILL)
                answer = work()
                reach.scheduler.seam("answer", Fault.KILL)
                return answer
        except KilledError:
            continue
        except UnavailableError:
            continue
        except HubError as error:
            reach.scheduler.tell(f"is refused: {error.code}")
            return error
    return None


def submit(reach: Reach, act: Act) -> None:
    customer, words = reach.customers[act.customer], dict(act.words)
    command = order_command(
        customer, client_order_id=act.name, **_fields(words, reach.price(words["symbol"]))
    )
    taken = asked(reach, lambda: reach.hub().submit_order(command).order, again=True)
    if isinstance(taken, Order):
        reach.scheduler.tell(f"has {_short(taken)}")
        reach.answers.orders[f"{customer.account_id}/{act.name}"] = taken.order_id
        reach.answers.known.setdefault(act.customer, []).append(taken)


def _fields(words: dict[str, Any], cents: int) -> dict[str, Any]:
    """`cents` are how far the order's price is from the market's, to the side where it may wait."""
    buying, price = words["side"] == "buy", cents - words["cents"]
    fields = {name: words[name] for name in ("symbol", "side", "quantity", "tif")}
    if words["type"] == "limit":
        fields["limit"] = _usd(price if buying else cents + words["cents"])
    elif words["type"] in {"stop", "stop_limit"}:
        stop = cents + words["cents"] if buying else price
        fields["stop_price"] = _usd(stop)
        if words["type"] == "stop_limit":
            fields["limit"] = _usd(stop + (20 if buying else -20))
    elif words["type"] == "trailing_stop":
        fields["trail_price"] = _usd(words["cents"])
    elif words["type"] == "notional":
        fields["notional"] = _usd(int(words["quantity"]) * 3_333)
    return fields


def group(reach: Reach, act: Act) -> None:
    customer, words = reach.customers[act.customer], act.words
    cents, class_ = reach.price(words["symbol"]), OrderClass(words["class"])
    gain = TakeProfit(Decimal(_usd(cents + words["gain"])))
    loss = StopLoss(Decimal(_usd(cents - words["loss"])))
    oco = class_ is OrderClass.OCO
    more: dict[str, Any] = {"order_class": class_, "stop_loss": loss}
    if class_ is not OrderClass.OTO:
        more["take_profit"] = gain
    limit = words["type"] == "limit" or oco
    command = order_command(
        customer,
        "sell" if oco else "buy",
        words["quantity"],
        symbol=words["symbol"],
        limit=_usd(cents - words["cents"]) if limit else None,
        tif="gtc",
        client_order_id=act.name,
        **more,
    )
    taken = asked(reach, lambda: reach.hub().submit_order(command).order, again=True)
    if isinstance(taken, Order):
        reach.scheduler.tell(f"has {_short(taken)}")
        reach.answers.orders[f"{customer.account_id}/{act.name}"] = taken.order_id
        reach.answers.known.setdefault(act.customer, []).append(taken)


def cancel(reach: Reach, act: Act) -> None:
    if act.words["after"]:
        reach.scheduler.sleep(act.words["after"])
    order = _latest(reach, act)
    if order is None:
        return
    customer = reach.customers[act.customer]
    command = CancelOrderCommand(customer.customer_id, order.order_id, TRACE)
    ended = asked(reach, lambda: reach.hub().cancel_order(command), again=True)
    if isinstance(ended, Order):
        reach.answers.canceled.add(order.order_id)


def replace(reach: Reach, act: Act) -> None:
    order = _latest(reach, act)
    if order is None:
        return
    customer, cents = reach.customers[act.customer], reach.price(order.symbol)
    price = Decimal(_usd(cents + act.words["cents"]))
    changes = Changes(
        quantity=Decimal(act.words["quantity"]),
        limit_price=price if order.limit_price is not None else None,
    )
    command = ReplaceOrderCommand(customer.customer_id, order.order_id, changes, TRACE)
    new = asked(reach, lambda: reach.hub().replace_order(command), again=False)
    if isinstance(new, Order):
        reach.scheduler.tell(f"has {_short(new)} in place of {order.order_id[-4:]}")
        reach.answers.known[act.customer].append(new)


def deposit(reach: Reach, act: Act) -> None:
    customer, amount = reach.customers[act.customer], Decimal(act.words["amount"])
    command = CashCommand(customer.customer_id, customer.account_id, amount, act.name, TRACE)
    made = asked(reach, lambda: reach.hub().deposit_cash(command), again=True)
    if made is not None and not isinstance(made, HubError):
        reach.answers.deposits[made.reference] = amount


def close_position(reach: Reach, act: Act) -> None:
    customer = reach.customers[act.customer]
    command = ClosePositionCommand(
        customer.customer_id,
        customer.account_id,
        act.words["symbol"],
        None,
        None,
        cancel_orders=True,
        client_order_id=act.name,
        trace_id=TRACE,
    )
    sold = asked(reach, lambda: reach.hub().close_position(command), again=False)
    if isinstance(sold, Order):
        reach.answers.orders[f"{customer.account_id}/{act.name}"] = sold.order_id


def cancel_all(reach: Reach, act: Act) -> None:
    customer = reach.customers[act.customer]
    command = CancelAllOrdersCommand(OpenOrders(customer.customer_id), TRACE)
    results = asked(reach, lambda: reach.hub().cancel_all_orders(command), again=False)
    if results is not None and not isinstance(results, HubError):
        reach.answers.canceled |= {each.order.order_id for each in results if each.canceled}


def _latest(reach: Reach, act: Act) -> Order | None:
    known = reach.answers.known.get(act.customer)
    return known[-1] if known else None


def _usd(cents: int) -> str:
    return str((Decimal(cents) / 100).quantize(Decimal("0.01")))


def _short(order: Order) -> str:
    return (
        f"{order.order_id[-4:]}: {order.side} {order.quantity.normalize():f} {order.symbol}"
        f" {order.type} {order.limit_price or ''} {order.order_class}"
    )
