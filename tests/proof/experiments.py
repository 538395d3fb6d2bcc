"""What is promised, each with the experiment that shows it and the control that has to fail.

Another part of the product adds its own to EXPERIMENTS, or a benchmark to `figures.MEASURES`.
"""

import asyncio

from tests.e2e import chaos
from tests.proof.fuzzing import fuzzed
from tests.proof.results import Effort, Experiment, Figures, Result
from tests.proof.settlement import settled
from tests.simulation.campaign import Found, Server, Wanted, hunt, own_server, own_world, run_all
from tests.simulation.planted import MUTANTS
from tests.simulation.run import Nets, run_seed

_TWICE = 40
_MUTANT_SEEDS = 2_000
_CARELESS_MINUTES = 1.0


def _simulated(effort: Effort) -> Result:
    with own_server() as server:
        figures: Figures = {}
        holds = True
        for name, nets in _NETS.items():
            found = run_all(server, Wanted(0, effort.seeds, nets), to_the_end=True)
            figures[name] = _of(found)
            holds = holds and not found.broken
        control = {name: _hunted(server, nets) for name, nets in _NETS.items()}
    survivors = [each for found in control.values() for each, seed in found.items() if seed is None]
    return Result(figures, holds, control, not survivors)


_NETS = {"with nets": Nets(), "without constraints": Nets(constraints=False)}


def _of(found: Found) -> Figures:
    return {
        "seeds": found.seeds,
        "steps": found.steps,
        "orders": found.orders,
        "waits for a lock": found.lock_waits,
        **{f"faults: {name}": count for name, count in sorted(found.faults.items())},
        "seeds that found something": len(found.broken),
    }


def _hunted(server: Server, nets: Nets) -> dict[str, int | None]:
    with own_world(server, nets) as world:
        return hunt(world, [each.name for each in MUTANTS], nets, _MUTANT_SEEDS)


def _deterministic(_effort: Effort) -> Result:
    nets, seeds = Nets(), range(_TWICE)
    with own_server() as server:
        with own_world(server, nets) as world:
            once = [run_seed(world, seed, nets).trace for seed in seeds]
        with own_world(server, nets) as world:
            again = [run_seed(world, seed, nets).trace for seed in seeds]
    differing = sum(one != two for one, two in zip(once, again, strict=True))
    figures = {"seeds run twice": _TWICE, "differing traces": differing}
    return Result(figures, not differing, {"different traces": len(set(once))}, len(set(once)) > 1)


def _chaotic(effort: Effort) -> Result:
    wanted = chaos.Wanted(effort.minutes, 50.0, 4.0, 7, careless=False)
    report = asyncio.run(chaos.run(wanted))
    careless = wanted._replace(minutes=_CARELESS_MINUTES, careless=True)
    control = asyncio.run(chaos.run(careless))
    return Result(_of_chaos(report), report.holds, _of_chaos(control), control.lost > 0)


def _of_chaos(report: chaos.Report) -> Figures:
    return {
        "minutes": report.minutes,
        "kills": report.kills.total(),
        **{f"killed: {name}": count for name, count in sorted(report.kills.items())},
        "orders accepted": report.accepted,
        "orders accepted a second": round(report.accepted / report.minutes / 60, 1),
        "lost": report.lost,
        "doubled": report.doubled,
        "invariants": "broken" if report.broken else "hold",
        **{
            f"longest recovery, seconds: {name}": round(seconds, 1)
            for name, seconds in sorted(report.recoveries.items())
        },
        "longest seconds without an order taken": round(report.longest_gap, 1),
        "seconds until at rest": round(report.drained_after, 1),
    }


EXPERIMENTS = (
    Experiment(
        "Simulation",
        "whatever dies, breaks, is refused, doubled, late or lost: the books are right in the end",
        "each planted bug is found, by the seed that is named",
        "./dev simulate --seeds N; ./dev simulate --mutants [--no-constraints]",
        400,
        _simulated,
    ),
    Experiment(
        "Determinism",
        "the same seed is the same run, in another database and another order",
        "different seeds are different runs",
        "./dev prove determinism",
        10,
        _deterministic,
    ),
    Experiment(
        "Chaos",
        "under kill -9 of everything, no order that was answered 202 is lost or doubled",
        "with a PostgreSQL that answers before it has written, orders are lost",
        "./dev chaos --minutes M; ./dev chaos --careless",
        240,
        _chaotic,
    ),
    Experiment(
        "Settlement",
        "runs side by side, and again, settle each sale once, and the books balance",
        "where it is forgotten what has settled, the invariants name every sale",
        "./dev prove settlement",
        20,
        settled,
    ),
    Experiment(
        "Fuzz",
        "whatever is asked of the API is answered as its document says, and never by a 500",
        "of a document that leaves out one status of each operation, every operation is refused",
        "HUB_FUZZ_EXAMPLES=N ./dev test tests/e2e/test_fuzz.py",
        70,
        fuzzed,
    ),
)
