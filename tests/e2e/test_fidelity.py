"""The cases of order behaviour, driven through a running platform: HTTP in, the feed by script."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.platforms import ROOT

CASES = Path("tests/fidelity/order_cases.json")
# The platform's feed carries no bars; all other cases are driven.
BARS = {"BAR-01b", "BAR-03b", "BAR-05s"}


@pytest.mark.timeout(420)
def test_every_case_that_can_be_driven_from_outside_goes_as_expected():
    done = subprocess.run(
        [sys.executable, "-m", "local.cli", "fidelity", str(CASES), "--through-api"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines[-1] == "27 passed, 0 failed", done.stdout + done.stderr
    assert {line.split()[0] for line in lines if "left out" in line} == BARS
    assert done.returncode == 0
