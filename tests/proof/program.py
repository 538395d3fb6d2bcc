"""`./dev prove`: every experiment with its control, into proof.json and docs/proof.md."""

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from local.options import ROOT
from local.progress import say
from tests.proof.experiments import EXPERIMENTS, Effort, Experiment, Result

_JSON = ROOT / "proof.json"
_PAGE = ROOT / "docs" / "proof.md"


def prove(words: Sequence[str]) -> int:
    """0 when everything holds, and every control fails. Nothing is written where only some run."""
    given = _parsed(words)
    chosen = [each for each in EXPERIMENTS if each.name.lower() in given.names or not given.names]
    began, proof = monotonic(), _head()
    for each in chosen:
        say(f"{each.name}: {each.promise}")
        started = monotonic()
        result = each.run(Effort(given.seeds, given.minutes))
        proof["experiments"][each.name] = _record(each, result, monotonic() - started)
        say(f"  {'holds' if result.holds else 'BROKEN'}, {_of_control(result)}")
    proof["seconds"] = round(monotonic() - began)
    if len(chosen) == len(EXPERIMENTS):
        _JSON.write_text(json.dumps(proof, indent=2) + "\n")
        _PAGE.write_text(page(proof))
    done = proof["experiments"].values()
    return 0 if all(each["holds"] and each["control_fails"] for each in done) else 1


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("./dev prove", description=__doc__)
    names = [each.name.lower() for each in EXPERIMENTS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--seeds", type=int, default=2_000, help="of each kind of nets (2000)")
    parser.add_argument("--minutes", type=float, default=3.0, help="of chaos (3)")
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
        "experiments": {},
    }


def _record(experiment: Experiment, result: Result, seconds: float) -> dict[str, Any]:
    return {
        "promise": experiment.promise,
        "command": experiment.command,
        "seconds": round(seconds),
        "holds": result.holds,
        "figures": result.figures,
        "control": experiment.control,
        "control_fails": result.control_fails,
        "control_figures": result.control,
    }


def _of_control(result: Result) -> str:
    return "and its control fails" if result.control_fails else "but ITS CONTROL HOLDS, TOO"


def page(proof: Mapping[str, Any]) -> str:
    """The proof for people."""
    run = f"Run on {proof['date']} at commit {proof['commit']}, Python {proof['python']}"
    lines = [
        "# Proof",
        "",
        "Written by `./dev prove`; the same figures for programs are in `proof.json`.",
        f"{run}, in {proof['seconds']} s.",
    ]
    for name, each in proof["experiments"].items():
        verdict = "It holds" if each["holds"] else "**It does not hold**"
        control = "and fails, as it has to" if each["control_fails"] else "**and holds, too**"
        lines += [
            *("", f"## {name}", "", f"Promise: {each['promise']}. {verdict}.", ""),
            *(f"By `{each['command']}`, {each['seconds']} s.", ""),
            *_table(each["figures"]),
            *("", f"Control: {each['control']} ({control}).", ""),
            *_table(each["control_figures"]),
        ]
    return "\n".join(lines) + "\n"


def _table(figures: Mapping[str, Any]) -> list[str]:
    """Of plain figures two columns; of columns of figures, a column for each."""
    if not all(isinstance(value, Mapping) for value in figures.values()):
        rows = [f"| {name} | {value} |" for name, value in figures.items()]
        return ["| figure | |", "|---|---|", *rows]
    columns = list(figures.values())
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [
        f"| {name} | {' | '.join(_cell(column.get(name)) for column in columns)} |"
        for name in names
    ]
    return [f"| | {' | '.join(figures)} |", "|---|" + "---|" * len(columns), *rows]


def _cell(value: object) -> str:
    return "none" if value is None else str(value)


if __name__ == "__main__":
    raise SystemExit(prove(sys.argv[1:]))
