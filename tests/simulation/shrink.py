"""A failing run made short: whatever can be left out of it, and it still fails, is left out."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from tests.simulation.chance import drawn_rates
from tests.simulation.plan import Plan, plan_of
from tests.simulation.run import Nets, Outcome, run_plan
from tests.simulation.world import World

Item = TypeVar("Item")
_MOST_TRIES = 400


class Shrunk(NamedTuple):
    """What was left of the plan and of the faults, and how that run went."""

    plan: Plan
    without: tuple[str, ...]
    outcome: Outcome


def shrink(world: World, seed: int, nets: Nets) -> Shrunk:
    """First commands and events go, then faults. The first thing found stays the same."""
    search = _Search(world, seed, nets)
    plan = plan_of(seed)
    first = search.run(plan, ())
    kind = _kind(first)

    def fails(plan: Plan, without: tuple[str, ...]) -> bool:
        return _kind(search.run(plan, without)) == kind

    acts = minimal(plan.acts, lambda kept: fails(Plan(seed, tuple(kept)), ()))
    plan = Plan(seed, tuple(acts))
    hits = [hit.place for hit in search.run(plan, ()).hits]
    left = minimal(hits, lambda kept: fails(plan, _others(hits, kept)))
    without = _others(hits, left)
    return Shrunk(plan, without, search.run(plan, without))


def rerun(world: World, shrunk: Shrunk, nets: Nets) -> Outcome:
    return _Search(world, shrunk.plan.seed, nets).run(shrunk.plan, shrunk.without)


def minimal(items: Sequence[Item], fails: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """A part of the items that still fails, and from which no piece of those tried can be taken."""
    kept, tries = list(items), 0
    size = len(kept)
    while size:
        start = 0
        while start < len(kept) and tries < _MOST_TRIES:
            tries += 1
            fewer = kept[:start] + kept[start + size :]
            if fails(fewer):
                kept = fewer
            else:
                start += size
        size //= 2
    return kept


def told(shrunk: Shrunk) -> str:
    """For who has to find the defect."""
    acts = [f"    {act.name}: {act.kind} {act.words or ''}" for act in shrunk.plan.acts]
    hits = [f"    {hit.place} at {hit.where}" for hit in shrunk.outcome.hits]
    story = [f"    {line}" for line in shrunk.outcome.story]
    return "\n".join(
        [
            f"  seed {shrunk.plan.seed}: {'; '.join(shrunk.outcome.broken)}",
            *("  what happens:", *acts, "  what goes wrong:", *hits, "  how it went:", *story),
        ]
    )


class _Search(NamedTuple):
    world: World
    seed: int
    nets: Nets

    def run(self, plan: Plan, without: tuple[str, ...]) -> Outcome:
        rates = drawn_rates(self.seed, only_healed_at_once=not self.nets.sweeper)
        return run_plan(self.world, plan, rates, without, self.nets)


def _kind(outcome: Outcome) -> str:
    """What was found first, without the names that differ from run to run."""
    return outcome.broken[0].partition(":")[0] if outcome.broken else ""


def _others(all_: Sequence[str], kept: Sequence[str]) -> tuple[str, ...]:
    keep = set(kept)
    return tuple(each for each in all_ if each not in keep)
