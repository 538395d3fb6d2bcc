"""The proof as a page for people."""

from collections.abc import Mapping
from typing import Any

from benchmarks.report import shown


def page(proof: Mapping[str, Any]) -> str:
    run = f"Run on {proof['date']} at commit {proof['commit']}, Python {proof['python']}"
    lines = [
        "# Proof",
        "",
        "Written by `./dev prove`; the same figures for programs are in `proof.json`.",
        f"{run}, {proof['cores']} cores, in {proof['seconds']} s.",
    ]
    for name, each in proof["experiments"].items():
        lines += ["", f"## {name}", "", *(_failed(each) or _experiment(each))]
    for name, each in proof["measures"].items():
        lines += ["", f"## {name}", "", *(_failed(each) or _measure(each))]
    return "\n".join(lines) + "\n"


def _failed(done: Mapping[str, Any]) -> list[str]:
    if "failed" not in done:
        return []
    return [f"**It did not come to its end**, after {done['seconds']} s: {done['failed']}"]


def _experiment(done: Mapping[str, Any]) -> list[str]:
    verdict = "It holds" if done["holds"] else "**It does not hold**"
    control = "and fails, as it has to" if done["control_fails"] else "**and holds, too**"
    return [
        *(f"Promise: {done['promise']}. {verdict}.", ""),
        *(f"By `{done['command']}`, {done['seconds']} s.", ""),
        *_table(done["figures"]),
        *("", f"Control: {done['control']} ({control}).", ""),
        *_table(done["control_figures"]),
    ]


def _measure(done: Mapping[str, Any]) -> list[str]:
    rows = [
        f"| {name} | {shown(each['value'])} {each.get('unit', '')} | {_target(each)} |"
        for name, each in done["figures"].items()
    ]
    return [
        *(f"By `{done['command']}`, {done['seconds']} s; beside {done['beside']}.", ""),
        *("| figure | | target |", "|---|---|---|", *rows, ""),
        " ".join(done["notes"]),
    ]


def _target(figure: Mapping[str, Any]) -> str:
    if "met" not in figure:
        return ""
    words = f"at least {figure['least']}" if "least" in figure else f"at most {figure['most']}"
    return words if figure["met"] else f"**missed**: {words}"


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
