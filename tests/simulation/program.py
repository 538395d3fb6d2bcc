"""`./dev simulate`: seeds of the simulation, or the hunt for planted bugs."""

import argparse
import sys
from collections.abc import Sequence
from time import monotonic

from local.progress import say
from tests.simulation.campaign import (
    PROCESSES,
    Found,
    Server,
    Wanted,
    explain,
    hunt,
    own_server,
    own_world,
    run_all,
)
from tests.simulation.planted import MUTANTS
from tests.simulation.run import Nets


def simulate(words: Sequence[str]) -> int:
    """0 when every seed held, or when every mutant was found."""
    wanted = _parsed(words)
    nets = Nets(not wanted.no_constraints, not wanted.no_sweeper)
    with own_server() as server:
        if wanted.mutants:
            return _hunt_all(server, nets, wanted.seeds)
        return _run(server, Wanted(getattr(wanted, "from"), wanted.seeds, nets, wanted.mutant))


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("./dev simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many (300)")
    parser.add_argument("--from", type=int, default=0, help="the first (0)")
    names = [each.name for each in MUTANTS]
    parser.add_argument("--mutant", default="", choices=names, metavar="NAME", help="plant a bug")
    parser.add_argument(
        "--mutants", action="store_true", help="plant each in turn, and look who finds it"
    )
    parser.add_argument("--no-constraints", action="store_true", help="without the database's nets")
    parser.add_argument("--no-sweeper", action="store_true", help="without the sweeper")
    return parser.parse_args(words)


def _run(server: Server, wanted: Wanted) -> int:
    began = monotonic()
    found = run_all(server, wanted, to_the_end=not wanted.mutant)
    say(summary(found, monotonic() - began))
    for seed, broken in found.broken[:10]:
        say(f"  seed {seed}: {'; '.join(broken)}"[:300])
    if found.broken:
        seed = found.broken[0][0]
        say(f"\n{explain(server, wanted, seed)}")
        say(f"\n  It replays: ./dev simulate --seeds 1 --from {seed}{_options(wanted)}")
    return 1 if found.broken else 0


def summary(found: Found, seconds: float) -> str:
    faults = ", ".join(f"{count} {name}" for name, count in found.faults.most_common())
    return (
        f"  {found.seeds} seeds in {seconds:.1f} s ({found.seeds / seconds:.1f}/s on"
        f" {PROCESSES} processes), {found.steps} steps, {found.lock_waits} waits for a lock,"
        f" {found.orders} orders, {found.recoveries} recoveries\n"
        f"  faults: {faults}\n  {len(found.broken)} seeds found something"
    )


def _options(wanted: Wanted) -> str:
    options = "" if wanted.nets.constraints else " --no-constraints"
    options += "" if wanted.nets.sweeper else " --no-sweeper"
    return options + (f" --mutant {wanted.mutant}" if wanted.mutant else "")


def _hunt_all(server: Server, nets: Nets, most: int) -> int:
    survivors = []
    with own_world(server, nets) as world:
        for each in MUTANTS:
            began = monotonic()
            seed = hunt(world, [each.name], nets, most)[each.name]
            if seed is None:
                survivors.append(each.name)
            result = "SURVIVES" if seed is None else f"seed {seed}"
            say(f"  {each.name:26} {result:10} {monotonic() - began:6.1f} s  {each.sentence}")
    say(f"  {len(MUTANTS) - len(survivors)} of {len(MUTANTS)} found")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(simulate(sys.argv[1:]))
