"""What may go wrong at a seam, drawn from the seed: how often differs from seed to seed."""

from collections.abc import Iterable
from enum import StrEnum
from random import Random
from typing import NamedTuple


class Fault(StrEnum):
    """What happens to whoever passes a seam.

    `kill`: its process dies there. `lost`: the connection breaks, before or after the server has
    done what was asked. `late`: it stands still for some seconds. `switch`: others go first.
    """

    KILL = "kill"
    LOST = "lost"
    LATE = "late"
    SWITCH = "switch"
    REFUSED = "refused"
    DOUBLE = "double"
    DELAY = "delay"
    UNACKNOWLEDGED = "unacknowledged"
    REDIS = "redis"


class Hit(NamedTuple):
    """One fault that was met: `place` names it in every run of the seed."""

    place: str
    fault: Fault
    where: str


class Rates(NamedTuple):
    """The chance of each fault at a seam where it can happen, for one seed."""

    kill: float
    lost: float
    late: float
    switch: float
    refused: float
    double: float
    delay: float
    unacknowledged: float
    redis: float


CALM = Rates(*(0.0,) * len(Fault))


def drawn_rates(seed: int, *, only_healed_at_once: bool) -> Rates:
    """Some seeds are calm in one way and wild in another: a fault that is everywhere hides others.

    `only_healed_at_once` leaves out what the sweeper alone heals.
    """
    dice = Random(f"{seed}/rates")
    rates = Rates(
        kill=dice.choice((0.0, 0.01, 0.03, 0.08)),
        lost=dice.choice((0.0, 0.01, 0.04)),
        late=dice.choice((0.0, 0.02, 0.1)),
        switch=dice.choice((0.1, 0.4, 0.8)),
        refused=dice.choice((0.0, 0.1, 0.4)),
        double=dice.choice((0.0, 0.1, 0.5)),
        delay=dice.choice((0.1, 0.4, 0.8)),
        unacknowledged=dice.choice((0.0, 0.1, 0.3)),
        redis=dice.choice((0.0, 0.05, 0.3)),
    )
    return rates._replace(kill=0.0, lost=0.0, refused=0.0) if only_healed_at_once else rates


class Chance:
    """The dice of one run. Faults whose places are named in `without` do not happen.

    Every task has dice of its own, so that a run without some of its commands and faults meets the
    others where they were.
    """

    def __init__(self, seed: int, rates: Rates, without: Iterable[str] = ()) -> None:
        self.seed = seed
        self.hits: list[Hit] = []
        self._rates = {fault: getattr(rates, fault.value) for fault in Fault}
        self._without = frozenset(without)
        self._on = True

    def dice(self, name: str) -> Random:
        return Random(f"{self.seed}/{name}")

    def calm(self) -> None:
        """From now on nothing goes wrong."""
        self._on = False

    def strikes(self, fault: Fault, dice: Random, place: str, where: str) -> bool:
        if dice.random() >= self._rates[fault] or not self._on:
            return False
        named = f"{place}:{fault.value}"
        if named in self._without:
            return False
        self.hits.append(Hit(named, fault, where))
        return True
