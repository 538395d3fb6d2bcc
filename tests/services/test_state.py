"""The state folder: one platform at a time, remembered ports, and how it is emptied."""

import fcntl
import os
import signal
import socket
from pathlib import Path

import pytest

from local.services import ports
from local.services.errors import StartError
from local.services.postgres import Postgres
from local.state import StateFolder, state_folder
from tests.services.programs import alive, keeper_of, parent, postmaster_of, wait_for

HOLD = """
import sys
from pathlib import Path
from local.state import StateFolder
folder = StateFolder(Path(sys.argv[1]))
folder.take()
"""


@pytest.fixture
def folder(tmp_path: Path):
    folder = StateFolder(tmp_path / "a state")
    folder.take()
    yield folder
    folder.release()


def test_it_is_its_owners_alone(folder: StateFolder):
    assert folder.path.stat().st_mode & 0o777 == 0o700


def test_a_second_platform_on_it_is_refused_and_told_of_the_first(tmp_path: Path):
    with parent(HOLD, str(tmp_path)) as first, pytest.raises(StartError) as refused:
        StateFolder(tmp_path).take()

    assert f"process {first.pid}" in refused.value.message
    assert "HUB_STATE" in refused.value.remedy


def test_a_platform_that_was_killed_holds_it_no_longer(tmp_path: Path):
    with parent(HOLD, str(tmp_path)):
        pass

    again = StateFolder(tmp_path)
    again.take()
    assert (tmp_path / "running.lock").read_text() == str(os.getpid())
    again.release()


def test_what_is_released_can_be_taken_again(folder: StateFolder):
    folder.release()
    other = StateFolder(folder.path)
    other.take()
    other.release()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StartError, match="cannot be used") as refused:
        StateFolder(tmp_path / "file" / "state").take()

    assert "HUB_STATE" in refused.value.remedy


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "precious").write_text("mine")

    with pytest.raises(StartError, match="not empty") as refused:
        StateFolder(tmp_path).take()

    assert "HUB_STATE" in refused.value.remedy
    assert [each.name for each in tmp_path.iterdir()] == ["precious"]


def test_an_install_before_the_first_run_makes_the_folder_nobody_elses(tmp_path: Path):
    (tmp_path / "install.lock").touch()
    (tmp_path / "install.lock.folder").mkdir()
    folder = StateFolder(tmp_path)
    folder.take()
    folder.empty()
    folder.release()

    assert (tmp_path / "install.lock.folder").exists()


def test_a_file_system_without_permissions_is_said(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(Path, "chmod", lambda self, mode: None)
    (tmp_path / "state").mkdir(mode=0o777)

    with pytest.raises(StartError, match="does not keep permissions"):
        StateFolder(tmp_path / "state").take()


def test_a_file_system_without_locks_is_not_taken_for_a_running_platform(tmp_path, monkeypatch):
    def refuse(file, operation):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)

    with pytest.raises(StartError, match="keeps no locks"):
        StateFolder(tmp_path).take()


def test_emptying_it_keeps_only_the_locks(folder: StateFolder):
    (folder.path / "logs").mkdir()
    (folder.path / "logs" / "a.log").write_text("words")
    (folder.path / "ports.json").write_text("{}")
    (folder.path / "install.lock").write_text("")

    folder.empty()

    assert sorted(each.name for each in folder.path.iterdir()) == ["install.lock", "running.lock"]


def test_emptying_it_does_not_follow_links(folder: StateFolder, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").write_text("kept")
    (folder.path / "postgres").symlink_to(tmp_path / "mine")
    (folder.path / "other").symlink_to(tmp_path / "mine")

    folder.empty()

    assert (tmp_path / "mine" / "precious").read_text() == "kept"
    assert not (folder.path / "other").is_symlink()


def test_emptying_it_ends_a_server_that_lost_its_keeper(state: Path):
    server = Postgres(state, durable=False)
    server.start()
    process = postmaster_of(state)
    # A stopped process gets the word of its keeper's death, and cannot act on it.
    os.kill(process, signal.SIGSTOP)
    os.kill(keeper_of(process), signal.SIGKILL)
    wait_for(lambda: not server.running)
    os.kill(process, signal.SIGCONT)
    folder = StateFolder(state)
    folder.take()

    folder.empty()

    assert not alive(process)
    assert not (state / "postgres").exists()
    server.stop()
    folder.release()


def test_the_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HUB_STATE", raising=False)
    assert state_folder(tmp_path) == tmp_path / ".hub"
    monkeypatch.setenv("HUB_STATE", str(tmp_path / "elsewhere"))
    assert state_folder(tmp_path) == tmp_path / "elsewhere"


def test_a_lock_is_not_passed_on_to_programs_we_start(folder: StateFolder):
    assert folder._lock is not None
    assert fcntl.fcntl(folder._lock, fcntl.F_GETFD) & fcntl.FD_CLOEXEC


def test_a_port_is_remembered_while_it_is_free(tmp_path: Path):
    port = ports.remembered_port(tmp_path, "a")
    other = ports.remembered_port(tmp_path, "b")
    assert ports.remembered_port(tmp_path, "a") == port
    assert ports.known_ports(tmp_path) == {"a": port, "b": other}

    with socket.socket() as taker:
        taker.bind(("127.0.0.1", port))
        taker.listen()
        assert ports.remembered_port(tmp_path, "a") != port


def test_a_damaged_list_of_ports_is_begun_anew(tmp_path: Path):
    (tmp_path / "ports.json").write_text("{half")

    port = ports.remembered_port(tmp_path, "a")

    assert ports.known_ports(tmp_path) == {"a": port}


def test_a_port_in_use_is_named_with_the_option_that_changes_it():
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]
        with pytest.raises(StartError) as refused:
            ports.demand(port, "the API", "--api-port")

    assert f"port {port}" in refused.value.message
    assert "--api-port" in refused.value.remedy
    ports.demand(port, "the API", "--api-port")
