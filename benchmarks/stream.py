"""The stream beside a bound in C and its peers: deliveries, latency, memory, connects, losses.

`--clients N` (10,000), `--rounds N` (3), `--seconds S` of each step (3), `--part NAME` for one part
alone, `--soak MINUTES` for the memory of a long run, `--boost` to go before other programs of the
machine. Rates are of one core, as a server's own CPU time tells them, so that what else runs on the
machine spoils latencies and not ratios.
"""

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import chain

from benchmarks.report import Report
from benchmarks.stream_lanes import Plan

# Each module has a `part(plan)` that returns its figures, and ratios for the report's first level.
PARTS: Mapping[str, str] = {
    "ws": "benchmarks.stream_ws",
}


def measure(words: Sequence[str]) -> Report:
    chosen, plan = _plan(words)
    return joined({name: import_module(PARTS[name]).part(plan) for name in chosen})


def joined(reports: Mapping[str, Report]) -> Report:
    return Report(
        [
            figure._replace(name=f"{name}: {figure.name}")
            for name, report in reports.items()
            for figure in report.figures
        ],
        list(dict.fromkeys(chain.from_iterable(report.notes for report in reports.values()))),
        {name: report.details for name, report in reports.items()},
        {name: value for report in reports.values() for name, value in report.ratios.items()},
    )


def _plan(words: Sequence[str]) -> tuple[Sequence[str], Plan]:
    parser = argparse.ArgumentParser(prog="./dev bench stream", description=__doc__)
    add = parser.add_argument
    add("--clients", type=int, default=10_000)
    add("--rounds", type=int, default=3)
    add("--seconds", type=float, default=3.0)
    add("--soak", type=float, default=0.0, metavar="MINUTES")
    add("--boost", action="store_true")
    add("--part", choices=sorted(PARTS), action="append")
    chosen = parser.parse_args(words)
    plan = Plan(chosen.clients, chosen.rounds, chosen.seconds, chosen.soak, chosen.boost)
    return chosen.part or list(PARTS), plan
