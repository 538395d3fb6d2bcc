"""The fuzz of the API as an experiment: the gate's tests, longer, and under a false document."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from local.options import ROOT
from tests.proof.results import Effort, Figures, Result

_TESTS = "tests/e2e/test_fuzz.py"
_WITHIN = 900.0
_LIES = "tests.proof.lies"


def fuzzed(effort: Effort) -> Result:
    figures = _run(effort.examples, "-k", "whoever_may_ask or whoever_makes_up")
    # One example is enough for an answer that is not in the document.
    control = _run(1, "-k", "whoever_may_ask", "-p", _LIES)
    holds = figures["operations that broke"] == 0 and figures["operations asked"] > 0
    return Result(figures, holds, control, control["operations that broke"] > 0)


def _run(examples: int, *words: str) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.xml"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0"),
                *("--tb=no", f"--junitxml={found}", _TESTS, *words),
            ],
            cwd=ROOT,
            env={**os.environ, "HUB_FUZZ_EXAMPLES": str(examples)},
            capture_output=True,
            text=True,
            timeout=_WITHIN,
            check=False,
        )
        if not found.exists():
            raise RuntimeError((done.stdout + done.stderr)[-2000:])
        counts = _counts(found.read_text())
    return {
        "operations asked": counts["tests"],
        "requests of each, at most": examples,
        "operations that broke": counts["failures"] + counts["errors"],
    }


def _counts(report: str) -> dict[str, int]:
    """Of pytest's own report."""
    return {
        name: int(re.findall(rf'<testsuite [^>]*\b{name}="(\d+)"', report)[0])
        for name in ("tests", "failures", "errors")
    }
