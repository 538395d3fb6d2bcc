"""`./dev demo --outage`: a platform breaks, and each of its orders ends well."""

import os
import subprocess
import sys

import pytest

from tests.e2e.platforms import ROOT


@pytest.mark.timeout(600)
def test_the_demo_of_an_outage_ends_with_every_order_executed_and_the_books_in_order(tmp_path):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'hub'}"}
    done = subprocess.run(
        [sys.executable, "-m", "local.cli", "demo", "--outage"],
        cwd=ROOT,
        env={**environment, "TMPDIR": str(tmp_path), "DATABASE_URL": "postgresql://not.this/one"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for words in (
        "4 orders have stranded",
        "6 hours later: try 4 of 4",
        "THE MANUAL LIST has one order",
        "it is EXECUTED now",
        "SUCCEEDED",
        "0 violations",
    ):
        assert words in done.stdout, done.stdout
    assert list(tmp_path.iterdir()) == []
