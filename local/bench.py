"""`./dev bench [NAME] [--json]`: run a benchmark of `benchmarks/`, or list what there is."""

import ast
import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from local.options import ROOT
from local.progress import say

_FOLDER = ROOT / "benchmarks"


def bench(words: Sequence[str]) -> int:
    """0 when it ran, whatever it found: the figures say themselves which target they miss."""
    known = benchmarks(_FOLDER)
    chosen = [word for word in words if word != "--json"]
    if not chosen:
        say("\n".join(f"  {name:14} {title}" for name, title in known.items()))
        return 0
    name, *more = chosen
    if name not in known:
        print(f"\n  There is no benchmark '{name}'.\n  -> ./dev bench lists them", file=sys.stderr)
        return 1
    reports = import_module("benchmarks.report")
    report = import_module(f"benchmarks.{name}").measure(more)
    text = json.dumps(reports.record(name, report), indent=2)
    file = ROOT / "out" / "bench" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n")
    say(text if "--json" in words else reports.table(known[name], report))
    return 0


def benchmarks(folder: Path) -> Mapping[str, str]:
    """Each module that measures something, with the first line of what it says of itself."""
    found = {}
    for file in sorted(folder.glob("*.py")):
        module = ast.parse(file.read_text())
        functions = [each.name for each in module.body if isinstance(each, ast.FunctionDef)]
        if "measure" in functions:
            found[file.stem] = (ast.get_docstring(module) or "").partition("\n")[0]
    return found
