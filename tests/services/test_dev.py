"""The script `dev`, with stand-ins for Python and uv: what it installs, when, and what it says."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.services.machine import PYTHON, Machine, finish, program
from tests.services.programs import wait_for


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture(params=["with flock", "without flock"])
def either_machine(machine: Machine, request: pytest.FixtureRequest) -> Machine:
    if request.param == "without flock":
        (machine.path / "flock").unlink(missing_ok=True)
    elif not (machine.path / "flock").exists():
        pytest.skip("this machine has none")
    return machine


WHOLE = ["venv", "uv", "begin run.lock", "end run.lock"]


def test_the_first_run_installs_and_becomes_the_program(either_machine: Machine):
    ended = either_machine.dev("run", "--api-port", "4000")

    assert ended.code == 0
    assert either_machine.done == WHOLE
    project = either_machine.project
    assert ended.out == f"{project}|run|--api-port|4000|{ended.process}\n"
    site = project / ".venv/lib/python3.11/site-packages"
    assert (site / "hub.pth").read_text() == f"{project}/layers/hub\n{project}\n"


def test_every_step_is_told_with_its_seconds(machine: Machine):
    said = machine.dev("run").said

    for step in ("a virtual environment of Python 3.11.9", "uv 0.13.8", "requirements/run.lock"):
        assert re.search(rf"{re.escape(step)} \.\.\. \d+s\n", said)


def test_the_second_run_installs_nothing_and_says_nothing(machine: Machine):
    machine.dev("run")
    assert machine.done == WHOLE

    again = machine.dev("demo")

    assert machine.done == []
    assert again.said == ""


def test_what_was_installed_for_checking_does_for_running(machine: Machine):
    machine.dev("test")
    assert "end check.lock" in machine.done

    machine.dev("run")

    assert machine.done == []


def test_what_was_installed_for_running_does_not_do_for_checking(machine: Machine):
    machine.dev("run")
    assert machine.done == WHOLE

    machine.dev("check")

    assert machine.done == ["begin check.lock", "end check.lock"]


def test_a_changed_lock_is_installed(machine: Machine):
    machine.dev("run")
    assert machine.done == WHOLE
    machine.lock("run", "one==2")

    machine.dev("run")

    assert machine.done == ["begin run.lock", "end run.lock"]


def test_another_python_version_in_the_environment_is_installed_for(machine: Machine):
    machine.dev("run")
    assert machine.done == WHOLE

    machine.dev("run", VERSION="3.13")

    assert machine.done == ["begin run.lock", "end run.lock"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_install_is_repaired(either_machine: Machine, number: int):
    running = either_machine.begin("run", PAUSE="0.4")
    wait_for(lambda: either_machine.log.exists() and "begin" in either_machine.log.read_text())
    running.send_signal(number)
    assert finish(running).code != 0
    assert "begin run.lock" in either_machine.done

    again = either_machine.dev("run")

    assert again.code == 0
    assert either_machine.done[-2:] == ["begin run.lock", "end run.lock"]


def test_a_broken_environment_is_made_anew(machine: Machine):
    machine.dev("run")
    assert machine.done == WHOLE
    program(machine.project / ".venv/bin/python", "#!/no/such/python\n")

    assert machine.dev("run").code == 0

    assert machine.done == WHOLE


def test_of_two_at_once_the_second_waits_and_uses_what_the_first_installed(either_machine: Machine):
    first = either_machine.begin("run", PAUSE="0.5")
    wait_for(lambda: either_machine.log.exists() and "begin" in either_machine.log.read_text())
    second = either_machine.dev("run", PAUSE="0.5")

    assert finish(first).code == second.code == 0
    assert either_machine.done == WHOLE
    assert "waiting" in second.said


def test_the_one_that_runs_holds_nobody_up(either_machine: Machine):
    program(
        either_machine.path / "python3.11",
        PYTHON.replace("shift 2;", "echo up; exec sleep 60;"),
    )
    first = either_machine.begin("run")
    assert first.stdout is not None
    assert first.stdout.readline() == "up\n"
    either_machine.lock("run", "one==2")
    began = time.monotonic()

    second = either_machine.begin("run")
    assert second.stdout is not None
    assert second.stdout.readline() == "up\n"

    assert time.monotonic() - began < 10
    for each in (first, second):
        each.kill()
        each.wait()
        for pipe in (each.stdout, each.stderr):
            assert pipe is not None
            pipe.close()


def test_a_shim_without_a_python_behind_it_is_passed_over(machine: Machine):
    program(machine.path / "python3.13", "#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    program(machine.path / "python3.12", PYTHON.replace("${BARE:-0}", "1"))

    assert machine.dev("run").code == 0

    assert "venv" in machine.done


def test_a_python_that_makes_no_environments_is_named_with_the_remedy(machine: Machine):
    ended = machine.dev("run", BARE="1")

    assert ended.code == 1
    assert "python3.11 cannot make virtual environments" in ended.said
    assert "apt install python3.11-venv" in ended.said


def test_without_a_python_that_is_new_enough_it_says_so(machine: Machine):
    ended = machine.dev("run", OLD="1")

    assert ended.code == 1
    assert "Python 3.11 or newer" in ended.said
    assert "-> apt install python3" in ended.said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("error: Failed to fetch: dns error", "check the network"),
        ("error: Failed to build `thing==1.0`\n  no gcc", "thing has no ready"),
        ("error: Failed to build `thing==1.0`", "apt install build-essential python3-dev"),
        ("error: No space left on device (os error 28)", "the disk is full"),
        ("error: Hash mismatch for `thing==1.0`", "not the one that the lock names"),
        ("error: Permission denied (os error 13)", "cannot be written"),
    ],
)
def test_an_install_that_fails_says_what_to_do(machine: Machine, words: str, expected: str):
    ended = machine.dev("run", UV_FAILS=words)

    assert ended.code == 1
    assert ended.out == ""
    assert expected in ended.said
    assert words.splitlines()[0].strip() in ended.said
    assert not (machine.project / ".venv/hub-stamp").exists()


def test_without_a_network_it_says_so(machine: Machine):
    machine.dev("run")
    (machine.project / ".venv/bin/uv").unlink()
    (machine.project / ".venv/hub-stamp").unlink()

    # The environment is there; what cannot be had is uv.
    program(
        machine.project / ".venv/bin/python",
        PYTHON.replace('[ "$3" = --version ]', '[ "$3" != install ] || exit 1; [ 1 ]'),
    )
    ended = machine.dev("run")

    assert ended.code == 1
    assert "uv could not be installed" in ended.said
    assert "check the network" in ended.said


def test_it_can_be_called_through_a_link(machine: Machine, tmp_path: Path):
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "hub").symlink_to("../a project/dev")
    done = subprocess.run(
        [tmp_path / "links" / "hub", "run"],
        env=machine.environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith(f"{machine.project}|run|")


def test_an_unknown_verb_installs_nothing(machine: Machine):
    ended = machine.dev("fly")

    assert ended.code == 1
    assert "There is no 'fly'" in ended.said
    assert machine.done == []


def test_the_help_names_every_verb_and_installs_nothing(machine: Machine):
    from local.cli import _VERBS

    ended = machine.dev("help")

    assert ended.code == 0
    assert machine.done == []
    listed = {words[0] for line in ended.out.splitlines() if (words := line.split())}
    assert {verb.replace("_", "-") for verb in _VERBS} <= listed


def test_every_verb_of_the_program_is_one_of_the_script(machine: Machine):
    from local.cli import _VERBS

    for verb in sorted(_VERBS):
        assert machine.dev(verb.replace("_", "-")).code == 0


def test_what_a_user_has_set_for_another_python_does_not_reach_ours(machine: Machine):
    program(
        machine.path / "python3.11",
        PYTHON.replace("shift 2;", 'echo "${PYTHONPATH-none} ${PYTHONHOME-none}"; exit;'),
    )

    assert machine.dev("run", PYTHONPATH="/mine", PYTHONHOME="/mine").out == "none none\n"
