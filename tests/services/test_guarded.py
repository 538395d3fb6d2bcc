"""A process under its keeper: how it is asked to end, and that it never stays behind."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from local.services import guarded as module
from local.services.guarded import Guarded
from tests.services.programs import alive, keeper_of, parent, wait_for

# Writes its process number, then ignores or obeys SIGTERM.
STUBBORN = "import os,signal,time;signal.signal(15, signal.SIG_IGN);print(os.getpid(),flush=True)"
OBEDIENT = "import os,time;print(os.getpid(),flush=True)"
FOREVER = ";time.sleep(60)"

START = """
import sys
from pathlib import Path
from local.services.guarded import Guarded
server = Guarded([sys.executable, "-c", sys.argv[2]], log=Path(sys.argv[1]), grace=0.3)
server.start()
while not Path(sys.argv[1]).read_text().strip():
    pass
"""


def number_in(log: Path) -> int:
    wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
    return int(log.read_text().split()[-1])


def guarded(log: Path, code: str, **settings) -> Guarded:
    server = Guarded([sys.executable, "-c", code], log=log, **settings)
    server.start()
    return server


def test_it_runs_with_the_environment_and_folder_it_is_given(tmp_path: Path):
    log = tmp_path / "log"
    code = "import os;print(os.environ['GREETING'], os.getcwd(), os.environ.get('HOME'))"
    server = guarded(log, code, environment={"GREETING": "hello"}, working_folder=tmp_path)
    wait_for(lambda: not server.running)
    server.stop()

    assert log.read_text() == f"hello {tmp_path} None\n"


def test_a_stop_asks_first(tmp_path: Path):
    log = tmp_path / "log"
    code = (
        "import signal,sys,time;"
        "signal.signal(signal.SIGTERM, lambda *_: (print('ending'), sys.exit()));"
        "print('up', flush=True)" + FOREVER
    )
    server = guarded(log, code)
    wait_for(lambda: log.read_text() == "up\n")

    server.stop()

    assert log.read_text() == "up\nending\n"


def test_a_stop_kills_what_does_not_end(tmp_path: Path):
    server = guarded(tmp_path / "log", STUBBORN + FOREVER, grace=0.2)
    process = number_in(tmp_path / "log")
    began = time.monotonic()

    server.stop()

    assert 0.2 <= time.monotonic() - began < 3
    assert not alive(process)
    assert not server.running


def test_an_end_of_its_own_is_noticed(tmp_path: Path):
    server = guarded(tmp_path / "log", "raise SystemExit('no reason')")
    wait_for(lambda: not server.running)
    words = server.last_words()
    server.stop()

    assert words == "no reason"


def test_its_last_words_are_those_of_its_last_start(tmp_path: Path):
    log = tmp_path / "log"
    log.write_text("an old complaint\n")
    server = guarded(log, "print('a new one')")
    wait_for(lambda: not server.running)
    words = server.last_words()
    server.stop()

    assert words == "a new one"
    assert log.read_text().startswith("an old complaint\n")


def test_a_log_that_has_grown_long_is_laid_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_LONGEST_LOG", 10)
    log = tmp_path / "log"
    log.write_text("more than ten characters\n")
    server = guarded(log, "print('new')")
    wait_for(lambda: not server.running)
    server.stop()

    assert log.read_text() == "new\n"
    assert (tmp_path / "log.1").read_text() == "more than ten characters\n"


@pytest.mark.parametrize("code", [OBEDIENT, STUBBORN], ids=["obedient", "stubborn"])
def test_it_does_not_outlive_a_parent_that_was_killed(tmp_path: Path, code: str):
    with parent(START, str(tmp_path / "log"), code + FOREVER):
        process = number_in(tmp_path / "log")
        keeper = keeper_of(process)
        assert alive(process)

    wait_for(lambda: not alive(process) and not alive(keeper), 5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's death")
def test_it_does_not_outlive_its_keeper(tmp_path: Path):
    server = guarded(tmp_path / "log", OBEDIENT + FOREVER)
    process = number_in(tmp_path / "log")
    os.kill(keeper_of(process), signal.SIGKILL)

    wait_for(lambda: not alive(process))

    assert not server.running
    server.stop()


def test_the_signals_of_a_terminal_do_not_reach_it(tmp_path: Path):
    server = guarded(tmp_path / "log", OBEDIENT + FOREVER)
    process = number_in(tmp_path / "log")
    keeper = keeper_of(process)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        os.kill(keeper, number)
    time.sleep(0.1)

    assert os.getpgid(process) != os.getpgid(0)
    assert server.running
    assert alive(process)
    server.stop()
