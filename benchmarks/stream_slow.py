"""Clients that do not read: what a paused one finds afterwards, and what dead ones cost others."""

import statistics
from contextlib import AbstractContextManager, ExitStack

from benchmarks.report import Figure, Report
from benchmarks.stream_hub import Keys, hub, websocket
from benchmarks.stream_lanes import SYMBOLS, Crowd, Lane, Plan, lane

_PAUSE_SECONDS = 8.0
_PAUSE_UPDATES = 1_000
_SMALL_BUFFER = 8 * 1024
_CLIENTS, _DEAD_PERCENT = 1_000, 10
_DELIVERIES = 100_000


def part(plan: Plan) -> Report:
    keys = Keys()
    return Report([*_paused(keys, plan), *_dead(keys, plan)])


def _paused(keys: Keys, plan: Plan) -> list[Figure]:
    """Quotes give way to newer ones while it does not read, but for what lies in the kernel."""
    crowd = Crowd(1, each=SYMBOLS, receive_buffer=_SMALL_BUFFER)
    with hub(keys) as server, lane(server, websocket(keys.tokens(1)), crowd, plan.boost) as each:
        each.connect()
        told = each.pause(_PAUSE_UPDATES, _PAUSE_SECONDS)
    return [
        Figure("paused 8 s: messages older than 100 ms", told.seen["old"], most=500),
        Figure("paused 8 s: lost, reordered or malformed", told.wrong, most=0),
    ]


def _dead(keys: Keys, plan: Plan) -> list[Figure]:
    """The same load with and without clients who never read, in turn."""
    with ExitStack() as stack:
        lanes = {
            dead: stack.enter_context(_lane(stack, keys, dead, plan)) for dead in (0, _DEAD_PERCENT)
        }
        for each in lanes.values():
            each.connect()
        before = {dead: each.server.own_bytes for dead, each in lanes.items()}
        steps = [
            {dead: each.step(_DELIVERIES, plan.seconds) for dead, each in lanes.items()}
            for _ in range(plan.rounds)
        ]
        grown = {dead: each.server.own_bytes - before[dead] for dead, each in lanes.items()}
    ratios = [told[_DEAD_PERCENT].seen["p99_ms"] / told[0].seen["p99_ms"] for told in steps]
    wrong = sum(told.wrong for each in steps for told in each.values())
    # What both keep of the updates themselves is no matter of the dead.
    kilobytes = (grown[_DEAD_PERCENT] - grown[0]) / 1024 / (_CLIENTS * _DEAD_PERCENT / 100)
    return [
        Figure("10 % dead: p99 / without", round(statistics.median(ratios), 2), most=1.5),
        Figure("10 % dead: memory of each", round(kilobytes, 1), "kB", most=20.0),
        Figure("10 % dead: lost, reordered or malformed", wrong, most=0),
    ]


def _lane(stack: ExitStack, keys: Keys, dead: int, plan: Plan) -> AbstractContextManager[Lane]:
    crowd = Crowd(_CLIENTS, dead_percent=dead)
    server = stack.enter_context(hub(keys))
    return lane(server, websocket(keys.tokens(_CLIENTS)), crowd, plan.boost)
