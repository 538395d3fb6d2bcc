"""What happens in a run, all of it drawn from the seed before it begins: who wants what, and when.

Nothing here depends on how the run goes, so that any part of a plan can be left out.
"""

from collections.abc import Iterable
from random import Random
from typing import Any, NamedTuple

CUSTOMERS = 20
SYMBOLS = ("AAPL", "MSFT")
FIRST_CENTS = 10_000


class Act(NamedTuple):
    """`at` is seconds after the beginning. `kind` is a command of a customer's, or of the world."""

    name: str
    kind: str
    at: float
    customer: int = 0
    words: dict[str, Any] = {}  # noqa: RUF012  # nobody changes it


class Plan(NamedTuple):
    seed: int
    acts: tuple[Act, ...]

    def without(self, names: Iterable[str]) -> "Plan":
        left_out = frozenset(names)
        return Plan(self.seed, tuple(act for act in self.acts if act.name not in left_out))


_COMMANDS = {
    "submit": 10,
    "group": 3,
    "cancel": 4,
    "replace": 3,
    "deposit": 1,
    "close_position": 2,
    "cancel_all": 1,
}


def plan_of(seed: int) -> Plan:
    dice = Random(f"{seed}/plan")
    span = dice.choice((0.05, 1.0, 12.0))
    crowd = dice.choice((1, 1, 2, 4, CUSTOMERS))
    who = [dice.randrange(CUSTOMERS) for _ in range(crowd)]
    symbols = SYMBOLS[: dice.choice((1, 1, 2))]
    acts = [
        _command(dice, f"command {number}", dice.uniform(0, span), dice.choice(who), symbols)
        for number in range(dice.randint(5, 10))
    ]
    acts += _market(dice, span, symbols)
    acts += _jobs(dice, span)
    acts.append(Act("look", "look", dice.uniform(0, span)))
    acts += _troubles(dice, span, who)
    return Plan(seed, tuple(acts))


def _command(dice: Random, name: str, at: float, customer: int, symbols: tuple[str, ...]) -> Act:
    kind = dice.choices(list(_COMMANDS), weights=list(_COMMANDS.values()))[0]
    words: dict[str, Any] = {"symbol": dice.choice(symbols)}
    if kind == "submit":
        words |= _order(dice)
    elif kind == "group":
        words |= _group(dice)
    elif kind == "deposit":
        words["amount"] = f"{dice.randint(1, 500)}.00"
    elif kind == "replace":
        words["quantity"] = str(dice.randint(1, 30))
        words["cents"] = dice.randint(-300, 300)
    elif kind == "cancel":
        words["after"] = dice.choice((0.0, 0.0, 0.5, 4.0))
    return Act(name, kind, at, customer, words)


def _order(dice: Random) -> dict[str, Any]:
    side = dice.choice(("buy", "buy", "sell"))
    type_ = dice.choice(
        ("market", "market", "limit", "limit", "stop", "stop_limit", "trailing_stop", "notional")
    )
    words: dict[str, Any] = {"side": side, "type": type_, "quantity": str(dice.randint(1, 30))}
    words["cents"] = dice.randint(-200, 200)
    words["tif"] = "day"
    if type_ == "limit":
        words["tif"] = dice.choice(("day", "gtc", "ioc", "fok"))
    elif type_ in {"stop", "stop_limit", "trailing_stop"}:
        words["tif"] = dice.choice(("day", "gtc"))
        words["cents"] = dice.randint(5, 200)
    elif type_ == "market":
        words["tif"] = dice.choice(("day", "day", "day", "ioc", "fok", "opg", "cls"))
    return words


def _group(dice: Random) -> dict[str, Any]:
    class_ = dice.choice(("bracket", "bracket", "oto", "oco"))
    return {
        "class": class_,
        "quantity": str(dice.randint(1, 20)),
        "type": dice.choice(("market", "limit")),
        "cents": dice.randint(-50, 100),
        "gain": dice.randint(20, 200),
        "loss": dice.randint(20, 200),
    }


def _market(dice: Random, span: float, symbols: tuple[str, ...]) -> list[Act]:
    """A walk of quotes, some of them with a trade beside them."""
    cents = dict.fromkeys(symbols, FIRST_CENTS)
    times = sorted(dice.uniform(0, span * 1.5) for _ in range(dice.randint(3, 8)))
    size = dice.choice((3, 20, 100_000))
    acts = []
    for number, at in enumerate(times):
        symbol = dice.choice(symbols)
        cents[symbol] += dice.choice((-150, -40, -5, 5, 40, 150))
        words = {
            "symbol": symbol,
            "bid": cents[symbol],
            "ask": cents[symbol] + dice.choice((0, 2, 10)),
            "size": dice.randint(1, size),
            "trade": dice.random() < 0.4,
        }
        acts.append(Act(f"market {number}", "market", at, 0, words))
    return acts


def _troubles(dice: Random, span: float, who: list[int]) -> list[Act]:
    """Now and then orders cannot be executed for so long that their messages are given up; and
    those who run the platform decide about orders, in trouble or not."""
    acts = []
    if dice.random() < 0.15:
        words = {
            "one": dice.random() < 0.5,
            "seconds": dice.choice((30, 600, 7_000, 40_000, 40_000)),
        }
        acts.append(Act("outage", "outage", dice.uniform(0, span), dice.choice(who), words))
    if dice.random() < 0.3:
        decision = dice.choice(("reprocess", "cancel", "reject", "fill", "fill"))
        at = span / 2 + dice.uniform(0, span + 1)
        acts.append(Act("decision", "operate", at, dice.choice(who), {"decision": decision}))
    return acts


def _jobs(dice: Random, span: float) -> list[Act]:
    jobs = ["sweep", "watch", "release", "expire", "refresh"]
    acts = [
        Act(f"job {number}", dice.choice(jobs), dice.uniform(0, span * 2 + 8))
        for number in range(dice.randint(2, 5))
    ]
    if dice.random() < 0.3:
        acts.append(Act("turn", "close", dice.uniform(span / 2, span + 20)))
        acts.append(Act("turn, expire", "expire", acts[-1].at + 0.01))
        if dice.random() < 0.5:
            acts.append(Act("next day", "open", acts[-2].at + dice.uniform(1, 30)))
            acts += [
                Act(f"settle {number}", "settle", acts[-1].at + dice.uniform(0, 2))
                for number in range(dice.randint(1, 2))
            ]
    return acts
