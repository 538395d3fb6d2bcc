"""The simulation in the gate: seeds hold, the same seed is the same run, planted bugs are found."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.fixtures.databases import Databases
from tests.simulation.campaign import Wanted, run_part
from tests.simulation.plan import plan_of
from tests.simulation.planted import MUTANTS, mutant
from tests.simulation.run import Nets, run_seed
from tests.simulation.shrink import minimal, rerun, shrink, told
from tests.simulation.world import World

pytestmark = pytest.mark.timeout(600)

BARE = Nets(constraints=False)
# Those that are found within seconds; `./dev simulate --mutants` takes all.
QUICK = ("no-account-lock", "publish-before-commit", "forget-before-sending", "trigger-twice")

WorldOf = Callable[[Nets], World]


@pytest.fixture(scope="module")
def world_of(databases: Databases) -> Iterator[WorldOf]:
    """Worlds by their nets. While one is open, only it connects to PostgreSQL by the product."""
    with ExitStack() as stack:
        made: dict[Nets, World] = {}

        def world_with(nets: Nets) -> World:
            if nets not in made:
                made[nets] = stack.enter_context(opened(databases, nets))
            return made[nets]

        yield world_with


@contextmanager
def opened(databases: Databases, nets: Nets) -> Iterator[World]:
    with databases.copy() as urls:
        world = World(urls, constraints=nets.constraints)
        try:
            yield world
        finally:
            world.close()


@pytest.mark.parametrize("first", [0, 75])
def test_every_seed_holds(world_of: WorldOf, first: int):
    found = run_part(world_of(Nets()), Wanted(first, 75, Nets()))
    assert found.broken == ()
    assert found.faults["kill"] > 100
    assert found.orders > 75
    assert found.recoveries > 0


@pytest.mark.parametrize("first", [150, 225])
def test_every_seed_holds_without_the_constraints_of_the_database(world_of: WorldOf, first: int):
    found = run_part(world_of(BARE), Wanted(first, 75, BARE))
    assert found.broken == ()
    assert found.lock_waits > 0


def test_without_the_sweeper_nothing_is_lost_that_no_crash_interrupted(world_of: WorldOf):
    nets = Nets(sweeper=False)
    assert run_part(world_of(nets), Wanted(0, 10, nets)).broken == ()


def test_the_same_seed_is_the_same_run_in_another_database(world_of: WorldOf, databases: Databases):
    mine = {seed: run_seed(world_of(Nets()), seed, Nets()).trace for seed in range(8)}
    with opened(databases, Nets()) as other:
        theirs = {seed: run_seed(other, seed, Nets()).trace for seed in reversed(range(8))}
    assert theirs == mine
    assert len(set(mine.values())) == len(mine)


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("nets", [Nets(), BARE], ids=["with nets", "bare"])
def test_a_planted_bug_is_found(world_of: WorldOf, nets: Nets, name: str):
    found = run_part(world_of(nets), Wanted(0, 60, nets, name), to_the_end=False)
    assert found.broken
    # It is the product that fails, and not the planting.
    words = str(found.broken)
    assert not any(each in words for each in ("AttributeError", "TypeError", "NameError"))


def test_every_planted_bug_has_its_own_name():
    assert len({each.name for each in MUTANTS}) == len(MUTANTS) >= 12


def test_a_failing_seed_is_told_in_few_words_and_fails_again(world_of: WorldOf):
    world = world_of(Nets())
    with mutant("forget-before-sending").plant():
        shrunk = shrink(world, 0, Nets())
        again = rerun(world, shrunk, Nets())
    assert shrunk.outcome.broken
    assert again.trace == shrunk.outcome.trace
    assert len(shrunk.plan.acts) < len(plan_of(0).acts)
    assert "what goes wrong" in told(shrunk)


def test_what_fails_by_two_things_together_is_shrunk_to_these_two():
    assert minimal(range(40), lambda kept: {7, 31} <= set(kept)) == [7, 31]
