"""Rounds over lanes that are all connected: every step of each, in an order that chance gives."""

import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import NamedTuple

from benchmarks.report import Figure, Report
from benchmarks.stream_lanes import Crowd, Lane, Plan, Server, Speech, Told, lane

SATURATED = "saturated"
# Far beyond what a core delivers of them; a peer is left no more behind than it can make up for.
_TOO_MUCH = {"hub": 500_000, "raw": 500_000}
_TOO_MUCH_FOR_PEERS = 150_000
_PEERS_UP_TO = 50_000

Contestant = tuple[AbstractContextManager[Server], Speech]
Found = Mapping[tuple[str, str], Sequence[Told]]


class Targets(NamedTuple):
    """`p99_ms` by step. `connects` a second of the server's CPU; `memory` in kB a connection."""

    p99_ms: Mapping[str, float]
    connects: float | None = None
    memory: float | None = None


@contextmanager
def started(contestants: Sequence[Contestant], crowd: Crowd, plan: Plan) -> Iterator[list[Lane]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(lane(stack.enter_context(server), speech, crowd, plan.boost))
            for server, speech in contestants
        ]


def connected(each: Lane, targets: Targets) -> list[Figure]:
    """How many a second of CPU came in, and what one of them takes of memory."""
    before = each.server.own_bytes
    told = each.connect()
    clients = each.crowd.clients
    kilobytes = (each.server.own_bytes - before) / clients / 1024
    ours = each.name == "hub"
    return [
        Figure(f"{each.name}: not connected", told.seen["failed"], most=0),
        Figure(
            f"{each.name}: connects of one core",
            round(clients / told.cpu_seconds),
            "/s",
            least=targets.connects if ours else None,
        ),
        Figure(
            f"{each.name}: memory of a connection",
            round(kilobytes, 2),
            "kB",
            most=targets.memory if ours else None,
        ),
    ]


def rounds(lanes: Sequence[Lane], rates: Sequence[int], plan: Plan) -> Found:
    found: dict[tuple[str, str], list[Told]] = {}
    for _ in range(plan.rounds):
        for rate in (*rates, None):
            for each in random.sample(lanes, len(lanes)):
                if rate is None:
                    step, offered = SATURATED, _TOO_MUCH.get(each.name, _TOO_MUCH_FOR_PEERS)
                elif rate > _PEERS_UP_TO and each.name not in _TOO_MUCH:
                    continue
                else:
                    step, offered = f"{rate // 1000}k/s", rate
                told = each.step(offered, plan.seconds)
                found.setdefault((each.name, step), []).append(told)
    return found


def figures(found: Found, targets: Targets) -> Iterator[Figure]:
    for (name, step), told in found.items():
        head, ours = f"{name} {step}", name == "hub"
        yield Figure(f"{head}: CPU of a delivery", _median(told, _cpu_us), "us")
        if step == SATURATED:
            yield Figure(f"{head}: deliveries of one core", _median(told, _of_core), "/s")
            continue
        limit = targets.p99_ms.get(step) if ours else None
        yield Figure(f"{head}: p50", _median(told, lambda each: each.seen["p50_ms"]), "ms")
        yield Figure(
            f"{head}: p99", _median(told, lambda each: each.seen["p99_ms"]), "ms", most=limit
        )
    wrong = sum(each.wrong for told in found.values() for each in told)
    yield Figure("lost, reordered or malformed", wrong, most=0)


def beside(found: Found, step: str, reference: str) -> float | None:
    """How many deliveries the task makes for each of the reference's, on the same CPU time: the
    median of the rounds, which measured both within seconds."""
    ours, theirs = found.get(("hub", step)), found.get((reference, step))
    if not ours or not theirs:
        return None
    return statistics.median(
        _of_core(mine) / _of_core(other) for mine, other in zip(ours, theirs, strict=True)
    )


def details(found: Found) -> Mapping[str, object]:
    return {
        f"{name} {step}": [{**each.seen, "cpu_seconds": each.cpu_seconds} for each in told]
        for (name, step), told in found.items()
    }


def contest(
    contestants: Sequence[Contestant], rates: Sequence[int], targets: Targets, plan: Plan
) -> tuple[Report, Found]:
    with started(contestants, Crowd(plan.clients), plan) as lanes:
        came = [figure for each in lanes for figure in connected(each, targets)]
        found = rounds(lanes, rates, plan)
    return Report([*came, *figures(found, targets)], (), details(found)), found


def _cpu_us(told: Told) -> float:
    return told.cpu_us


def _of_core(told: Told) -> float:
    return 1e6 / told.cpu_us


def _median(told: Sequence[Told], value: Callable[[Told], float]) -> float:
    return round(statistics.median(map(value, told)), 2)
