"""`./dev check`, `./dev test`, `./dev generate`: what a change has to pass."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from local.options import ROOT
from local.progress import say, step

GENERATORS = (
    "tools.compile_sql",
    "tools.generate_errors",
    "tools.generate_layer_requirements",
    "tools.generate_openapi",
    "tools.generate_order_rules",
    "tools.generate_protos",
)

_PYTHON = sys.executable
_PROGRAMS = Path(_PYTHON).parent
_CORES = 2
# In the order of the folders, so that the long files are not the last.
_PYTEST = (
    *(_PYTHON, "-m", "pytest", "-n", str(_CORES)),
    *("--dist", "loadfile", "--no-loadscope-reorder"),
)


class Step(NamedTuple):
    words: str
    command: tuple[str, ...]


class Outcome(NamedTuple):
    step: Step
    passed: bool
    seconds: float
    output: str


# Longest first, so that the two cores end together.
_QUICK = (
    Step("types", (_PYTHON, "-m", "mypy")),
    Step("template", (_PYTHON, "-m", "samcli", "validate", "--lint")),
    *(
        Step(f"generated: {name.removeprefix('tools.')}", (_PYTHON, "-m", name, "--check"))
        for name in GENERATORS
    ),
    Step("locks and secrets", (_PYTHON, "-m", "local.cli", "audit", "--offline")),
    Step("import contracts", (str(_PROGRAMS / "lint-imports"),)),
    Step("lint", (_PYTHON, "-m", "ruff", "check", ".")),
    Step("format", (_PYTHON, "-m", "ruff", "format", "--check", ".")),
)
_TESTS = Step("tests", _PYTEST)


def test(words: Sequence[str]) -> int:
    """All tests, or what `words` name; every option of pytest's is taken (`-n 0`: one process).

    Nothing here needs the internet: the tests that fetch packages are left to `check`.
    """
    if "-m" not in words:
        say("Without the tests that fetch packages: they need the package index (./dev check).")
        words = ["-m", "not index", *words]
    return subprocess.run([*_PYTEST, *words], cwd=ROOT, env=_environment(), check=False).returncode


def check(_words: Sequence[str]) -> int:
    """Every step is taken, so that one look shows all that is wrong."""
    began = monotonic()
    failed = []
    with ThreadPoolExecutor(_CORES) as pool:
        for future in as_completed([pool.submit(_take, each) for each in _QUICK]):
            failed += _told(future.result())
    tests = _take(_TESTS)
    failed += _told(tests)
    say(f"  {_last_line(tests.output)}")
    for each in failed:
        say(f"\n── {each.step.words} {'─' * (80 - len(each.step.words))}\n{each.output.rstrip()}")
    names = ", ".join(each.step.words for each in failed)
    verdict = f"FAILED: {names}" if failed else "All passed"
    say(f"\n{verdict} ({monotonic() - began:.0f} s)")
    return 1 if failed else 0


def generate(_words: Sequence[str]) -> int:
    for name in GENERATORS:
        with step(name):
            done = _take(Step(name, (_PYTHON, "-m", name)))
        if not done.passed:
            say(done.output)
            return 1
    return 0


def _take(wanted: Step) -> Outcome:
    began = monotonic()
    done = subprocess.run(
        wanted.command,
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(wanted, done.returncode == 0, monotonic() - began, done.stdout)


def _told(outcome: Outcome) -> list[Outcome]:
    words = outcome.step.words
    state = f"{outcome.seconds:.1f} s" if outcome.passed else "failed"
    say(f"  {words} {'.' * max(3, 44 - len(words))} {state}")
    return [] if outcome.passed else [outcome]


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1].strip("= ") if lines else ""


def _environment() -> dict[str, str]:
    paths = [str(ROOT), str(ROOT / "layers" / "hub"), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PATH": os.pathsep.join([str(_PROGRAMS), os.environ.get("PATH", "")]),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
