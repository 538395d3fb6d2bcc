"""How often one may try to prove who one is, before one has to wait.

Each attempt passes three gates: of the account from this address, of the account, of the address.
The account's own gate is wide and its wait is short: nobody locks another out by failing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

# Without another attempt for so long, all is forgotten. It is longer than any wait.
MEMORY = timedelta(hours=1)


class Gate(NamedTuple):
    """`waits` are seconds after the first, second, ... failure; the last stands for all after."""

    key: str
    waits: tuple[int, ...]


class Failures(NamedTuple):
    number: int
    last_at: datetime


def _waits(free: int, first: int, longest: int) -> tuple[int, ...]:
    """None after `free - 1` failures, then `first` seconds, doubled until `longest`."""
    waits = [0] * (free - 1)
    while first < longest:
        waits.append(first)
        first *= 2
    return (*waits, longest)


_PAIR = _waits(free=5, first=30, longest=900)
_ACCOUNT = _waits(free=20, first=5, longest=60)
_ADDRESS = _waits(free=100, first=30, longest=900)


def gates(account: str, address: str) -> tuple[Gate, Gate, Gate]:
    """`account` is whatever names it, known or not; it is not to be read from the keys."""
    name = _name(account)
    return (
        Gate(f"attempts:account:{name}:{address}", _PAIR),
        Gate(f"attempts:account:{name}", _ACCOUNT),
        Gate(f"attempts:address:{address}", _ADDRESS),
    )


def _name(account: str) -> str:
    return sha256(account.encode()).hexdigest()[:32]


def reminder_gate(customer_id: str) -> Gate:
    """Whoever registers an address again and again has one reminder an hour sent there."""
    return Gate(f"attempts:reminder:{_name(customer_id)}", (int(MEMORY.total_seconds()),))


def wait(gate: Gate, failures: Failures, now: datetime) -> int:
    """Seconds until the gate opens; 0 when it is open."""
    if failures.number == 0 or now - failures.last_at >= MEMORY:
        return 0
    seconds = gate.waits[min(failures.number, len(gate.waits)) - 1]
    left = failures.last_at + timedelta(seconds=seconds) - now
    return max(0, -(-left // timedelta(seconds=1)))


def longest_wait(pairs: Sequence[tuple[Gate, Failures]], now: datetime) -> int:
    return max(wait(gate, failures, now) for gate, failures in pairs)
