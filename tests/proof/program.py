"""`./dev prove`: experiments with their controls, and benchmarks, into proof.json and a page."""

import argparse
import json
import logging
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from local.options import ROOT
from local.progress import say
from tests.proof.experiments import EXPERIMENTS
from tests.proof.figures import measured, measures
from tests.proof.page import page
from tests.proof.results import Effort, Experiment, Measure, Result

logger = logging.getLogger(__name__)
_JSON = ROOT / "proof.json"
_PAGE = ROOT / "docs" / "proof.md"
Part = Experiment | Measure


def prove(words: Sequence[str]) -> int:
    """0 when everything holds, and every control fails. Nothing is written where only some run."""
    parts: list[Part] = [*EXPERIMENTS, *measures()]
    given = _parsed(words, parts)
    effort = Effort(given.seeds, given.minutes, given.examples, given.sales)
    chosen = [each for each in parts if _word(each) in given.names or not given.names]
    began, proof = monotonic(), _head()
    say(f"{len(chosen)} parts, about {sum(each.seconds for each in chosen) // 60 + 1} minutes")
    for number, each in enumerate(chosen, 1):
        say(f"{number}/{len(chosen)} {each.name}, about {each.seconds} s")
        kind = "experiments" if isinstance(each, Experiment) else "measures"
        proof[kind][each.name] = tried(each, effort)
        say(f"  {_told(proof[kind][each.name])}")
    proof["seconds"] = round(monotonic() - began)
    if len(chosen) == len(parts):
        _JSON.write_text(json.dumps(proof, indent=2) + "\n")
        _PAGE.write_text(page(proof))
    return (
        0
        if all(map(_is_good, (*proof["experiments"].values(), *proof["measures"].values())))
        else 1
    )


def tried(part: Part, effort: Effort) -> dict[str, Any]:
    """What came of it; one that breaks leaves the others alone, and says why."""
    began = monotonic()
    try:
        if isinstance(part, Experiment):
            found = _of_experiment(part, part.run(effort))
        else:
            command = f"./dev bench {part.benchmark} {' '.join(part.words)}"
            found = {"command": command.strip(), "beside": part.beside, **measured(part)}
    except Exception as error:
        logger.exception("%s did not come to its end", part.name)
        found = {"failed": f"{type(error).__name__}: {error}"}
    return {**found, "seconds": round(monotonic() - began)}


def _of_experiment(experiment: Experiment, result: Result) -> dict[str, Any]:
    return {
        "promise": experiment.promise,
        "command": experiment.command,
        "holds": result.holds,
        "figures": result.figures,
        "control": experiment.control,
        "control_fails": result.control_fails,
        "control_figures": result.control,
    }


def _is_good(done: Mapping[str, Any]) -> bool:
    return "failed" not in done and done.get("holds", True) and done.get("control_fails", True)


def _told(done: Mapping[str, Any]) -> str:
    took = f"in {done['seconds']} s"
    if "failed" in done:
        return f"FAILED {took}: {done['failed']}"
    if "holds" not in done:
        missed = [name for name, each in done["figures"].items() if each.get("met") is False]
        return f"measured {took}" + (f", MISSED: {'; '.join(missed)}" if missed else "")
    control = "and its control fails" if done["control_fails"] else "but ITS CONTROL HOLDS, TOO"
    return f"{'holds' if done['holds'] else 'BROKEN'}, {control}, {took}"


def _word(part: Part) -> str:
    return part.name.lower().replace(" ", "-")


def _parsed(words: Sequence[str], parts: Sequence[Part]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("./dev prove", description=__doc__)
    names = [_word(each) for each in parts]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    add: Callable[..., object] = parser.add_argument
    add("--seeds", type=int, default=1_000, help="of each kind of nets (1000)")
    add("--minutes", type=float, default=2.0, help="of chaos (2)")
    add("--examples", type=int, default=3, help="of the fuzz, for each operation (3)")
    add("--sales", type=int, default=10_000, help="that settle (10000)")
    given = parser.parse_args(words)
    if unknown := set(given.names) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return given


def _head() -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "experiments": {},
        "measures": {},
    }


if __name__ == "__main__":
    raise SystemExit(prove(sys.argv[1:]))
