"""The parts of the portfolio's and the account stream's benchmarks that only compute."""

import os
import subprocess
import sys

from benchmarks.account_stream import Heard, found
from benchmarks.portfolio import Asked, compared, memory_of_all


def test_the_portfolio_is_compared_with_the_least_that_the_same_way_costs():
    summary, reference = Asked([4.0, 4.0, 60.0], [500]), Asked([1.0, 1.0, 3.0], [])
    figures = {each.name: each for each in compared(10, summary, reference)}
    assert figures["10 at once: refused"].met is False
    assert figures["10 at once: p50"].value == 4.0
    assert figures["10 at once: p99"].met is False
    assert figures["10 at once: SELECT 1 / summary, p50"].value == 0.25
    assert figures["10 at once: SELECT 1 / summary, p99"].value == 0.05


def test_an_event_counts_when_it_is_heard_first_and_what_nobody_heard_is_told():
    heard = Heard(1)
    for number, kind in ((2, "OrderSubmitted"), (3, "OrderExecuted"), (3, "OrderExecuted")):
        heard.hear({"sequence": number, "type": kind, "at": "2026-01-05T12:00:00Z"})
    first = heard.events[3]
    heard.hear({"sequence": 3, "type": "OrderExecuted", "at": "2026-01-05T12:00:00Z"})
    assert heard.events[3] == first
    heard.events[3] = ("OrderExecuted", 10.0, 10.05)
    figures = {each.name: each.value for each in found("SSE", heard, {2, 3, 4}, ["OrderSubmitted"])}
    assert figures == {"SSE: events": 1, "SSE: p50": 50.0, "SSE: p99": 50.0, "SSE: not heard": 1}


def test_memory_is_that_of_the_platform_and_of_what_it_started_however_bare_its_environment():
    bare = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'], env={})"
    with subprocess.Popen(
        [sys.executable, "-c", f"print('on', flush=True); {bare}"],
        env={**os.environ, "MARK": "platform-of-a-test"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        found = memory_of_all("platform-of-a-test")
        while len(found) < 2:
            found = memory_of_all("platform-of-a-test")
        process.stdin.write(b"\n")
    assert process.pid in found
    assert all(memory > 0 for memory in found.values())
