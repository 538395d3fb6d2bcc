"""A guarded server ends with who started it, however that ends, and is given time to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.services.guarded import Guarded
from tests.local.waiting import runs
from tests.services.processes import processes_of, the_keeper, the_server, wait_until

ROOT = Path(__file__).parents[2]
SERVER = """
import signal, sys, time
def end(number, frame):
    print("asked to end by", number, flush=True)
    if sys.argv[2] == "obeys":
        raise SystemExit(7)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, end)
print("up", flush=True)
while True:
    time.sleep(60)
"""
PLATFORM = """
import sys, time
from pathlib import Path
from local.services.guarded import Guarded
folder = Path(sys.argv[1])
Guarded(
    [sys.executable, "-c", sys.argv[2], str(folder), sys.argv[3]],
    log=folder / "log", grace=float(sys.argv[4]),
).start()
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    assert processes_of(tmp_path) == {}, "something was left behind"


def guarded(folder: Path, manners: str, **options: float) -> Guarded:
    command = [sys.executable, "-c", SERVER, str(folder), manners]
    server = Guarded(command, log=folder / "log", **options)  # type: ignore[arg-type]  # grace alone
    server.start()
    wait_until(lambda: "up" in server.last_words())
    return server


def test_it_ends_when_it_is_asked(folder):
    server = guarded(folder, "obeys")
    assert server.running
    server.stop()
    assert not server.running
    assert server.last_words() == f"up\nasked to end by {int(signal.SIGTERM)}"


def test_who_does_not_obey_is_killed_after_the_grace(folder):
    server = guarded(folder, "is deaf", grace=0.3)
    began = time.monotonic()
    server.stop()
    assert 0.3 <= time.monotonic() - began < 3
    assert processes_of(folder) == {}


def test_its_exit_code_is_told(folder):
    server = guarded(folder, "obeys")
    os.kill(the_server(folder, "obeys"), signal.SIGINT)
    assert server.wait() == 7
    server.stop()


def test_it_may_be_started_again(folder):
    server = guarded(folder, "obeys")
    first = the_server(folder, "obeys")
    server.start()
    assert not runs(first)
    wait_until(lambda: server.last_words(9).splitlines().count("up") == 2)
    server.stop()


def test_it_ends_with_its_keeper(folder):
    server = guarded(folder, "obeys")
    os.kill(the_keeper(folder, "obeys"), signal.SIGKILL)
    wait_until(lambda: not server.running)
    server.stop()
    wait_until(lambda: processes_of(folder) == {})


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
@pytest.mark.parametrize("manners", ["obeys", "is deaf"])
def test_it_ends_with_who_started_it(folder, number, manners):
    with platform(folder, manners) as starter:
        starter.send_signal(number)
        starter.wait()
        wait_until(lambda: processes_of(folder) == {}, within=5)


def test_the_signals_of_a_terminal_do_not_reach_it(folder):
    """Ctrl-C goes to the whole group; the platform decides what ends when."""
    with platform(folder, "obeys", start_new_session=True) as starter:
        wait_until(lambda: "up" in (folder / "log").read_text())
        os.killpg(starter.pid, signal.SIGINT)
        starter.wait()
        wait_until(lambda: processes_of(folder) == {})
    lines = (folder / "log").read_text().splitlines()
    assert lines == ["up", f"asked to end by {int(signal.SIGTERM)}"]


def platform(folder: Path, manners: str, **options: bool) -> "subprocess.Popen[bytes]":
    starter = subprocess.Popen(
        [sys.executable, "-c", PLATFORM, str(folder), SERVER, manners, "0.3"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        **options,  # type: ignore[call-overload]  # start_new_session alone
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == b"up\n"
    return starter
