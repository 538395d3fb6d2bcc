"""The embedded PostgreSQL: it starts from whatever an earlier end left, and loses nothing."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from local.services.errors import StartError
from local.services.ports import known_ports
from local.services.postgres import Postgres, find_binaries, privileges
from tests.services.processes import kill, processes_of, the_keeper, the_server, wait_until

ROOT = Path(__file__).parents[2]
STARTER = """
import sys, time
from pathlib import Path
from local.services.postgres import Postgres
Postgres(Path(sys.argv[1]), durable=False).start()
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A folder with a database in it, to copy: initdb is the slow part."""
    folder = tmp_path_factory.mktemp("prepared") / "state"
    server = Postgres(folder, durable=False)
    server.start()
    try:
        with psycopg.connect(server.owner_url) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("GRANT SELECT, INSERT ON kept TO hub_app")
            connection.execute("INSERT INTO kept VALUES ('kept')")
    finally:
        server.stop()
    return folder


@pytest.fixture
def folder(prepared, tmp_path):
    """As the last run left it. The name has what a shell would stumble over."""
    state = tmp_path / "a state's folder"
    shutil.copytree(prepared, state)
    yield state
    assert processes_of(state) == {}, "something was left behind"


@pytest.fixture
def server(folder):
    """As careful with commits as the platform's: some tests kill it."""
    server = Postgres(folder)
    server.start()
    yield server
    server.stop()


def words(server: Postgres) -> list[str]:
    with psycopg.connect(server.url) as connection:
        return [row[0] for row in connection.execute("SELECT word FROM kept ORDER BY word")]


def add(server: Postgres, word: str) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("INSERT INTO kept VALUES (%s)", (word,))


def test_a_first_start_makes_both_roles_and_a_database_of_its_own(tmp_path):
    server = Postgres(tmp_path / "new", durable=False)
    server.start()
    try:
        with psycopg.connect(server.url) as connection:
            row = connection.execute("SELECT current_user, current_database()").fetchone()
            assert row == ("hub_app", "hub")
            limits = [
                connection.execute(f"SHOW {name}").fetchone()
                for name in ("statement_timeout", "lock_timeout")
            ]
            assert limits == [("5s",), ("2s",)]
        with psycopg.connect(server.owner_url) as connection:
            row = connection.execute("SHOW data_checksums").fetchone()
            assert row == ("on",)
    finally:
        server.stop()
    assert processes_of(tmp_path / "new") == {}


def test_a_second_start_finds_the_data_at_the_same_port(folder):
    first = Postgres(folder, durable=False)
    first.start()
    add(first, "new")
    url = first.url
    first.stop()
    second = Postgres(folder, durable=False)
    second.start()
    try:
        assert second.url == url
        assert words(second) == ["kept", "new"]
    finally:
        second.stop()


def test_a_port_that_somebody_took_meanwhile_is_left_to_them(folder, server):
    taken = known_ports(folder)["postgres"]
    other_folder = folder.parent / "other"
    shutil.copytree(folder, other_folder, ignore=shutil.ignore_patterns("postmaster.pid"))
    other = Postgres(other_folder, durable=False)
    other.start()
    try:
        assert known_ports(other_folder)["postgres"] != taken
        assert words(other) == ["kept"]
    finally:
        other.stop()


def test_passwords_are_their_owners_alone(server, folder):
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.glob("*.password")}
    assert modes == {"hub.password": 0o600, "hub_app.password": 0o600}
    assert (folder / "postgres").stat().st_mode & 0o077 == 0


def test_it_refuses_who_has_no_password(server):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url.replace("hub_app:", "hub_app:not"), connect_timeout=3)


def test_a_lost_password_of_the_application_is_replaced(folder):
    (folder / "hub_app.password").unlink()
    server = Postgres(folder, durable=False)
    server.start()
    try:
        assert words(server) == ["kept"]
    finally:
        server.stop()


def test_a_lost_password_of_the_owner_is_told_with_a_remedy(folder):
    (folder / "hub.password").unlink()
    with pytest.raises(StartError) as caught:
        Postgres(folder, durable=False).start()
    assert "password" in caught.value.message
    assert "./dev reset" in caught.value.remedy


def test_a_killed_postmaster_comes_back_with_what_was_committed(server):
    add(server, "committed")
    url = server.url
    kill(the_server(server._data, "/bin/postgres -D"))
    wait_until(lambda: not server.running)
    server.restart()
    assert server.url == url
    assert words(server) == ["committed", "kept"]


def test_a_killed_keeper_takes_its_server_with_it_and_the_next_start_works(folder, server):
    add(server, "committed")
    kill(the_keeper(folder, "/bin/postgres -D"))
    wait_until(lambda: not server.running)
    server.restart()
    assert words(server) == ["committed", "kept"]


def test_a_killed_platform_leaves_no_server_and_the_next_start_works(folder):
    with started(folder) as platform:
        platform.kill()
        platform.wait()
    wait_until(lambda: processes_of(folder) == {})
    server = Postgres(folder, durable=False)
    server.start()
    try:
        assert words(server) == ["kept"]
    finally:
        server.stop()


def test_a_start_right_after_a_kill_waits_for_the_last_server_to_be_gone(folder):
    with started(folder) as platform:
        platform.kill()
        platform.wait()
    server = Postgres(folder, durable=False)
    server.start()
    try:
        assert words(server) == ["kept"]
        assert the_server(folder, "/bin/postgres -D")
    finally:
        server.stop()


def test_servers_that_were_left_behind_stopped_and_deaf_are_ended(folder):
    with started(folder) as platform:
        for pid, command in processes_of(folder).items():
            if "keeper.py" in command:
                os.kill(pid, signal.SIGSTOP)
        postmaster = the_server(folder, "/bin/postgres -D")
        platform.kill()
        platform.wait()
    server = Postgres(folder, durable=False)
    server.start()
    try:
        assert postmaster not in processes_of(folder)
        assert words(server) == ["kept"]
    finally:
        server.stop()
        for pid in processes_of(folder):
            kill(pid)
        wait_until(lambda: processes_of(folder) == {})


@pytest.mark.parametrize("after", [0.05, 0.3, 0.6])
def test_a_first_start_that_was_killed_half_way_does_not_stop_the_next(tmp_path, after):
    folder = tmp_path / "new"
    with subprocess.Popen([sys.executable, "-c", STARTER, str(folder)], env=environment()) as half:
        wait_until((folder / "postgres.new").exists)
        time.sleep(after)
        half.kill()
    wait_until(lambda: processes_of(folder) == {})
    server = Postgres(folder, durable=False)
    server.start()
    try:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()
    assert not (folder / "postgres.new").exists()


def test_a_half_made_data_folder_is_made_anew(tmp_path):
    folder = tmp_path / "half"
    for name in ("postgres", "postgres.new"):
        (folder / name / "base").mkdir(parents=True)
        (folder / name / "base" / "leftover").write_text("half")
    (folder / "hub.password").write_text("")
    with pytest.raises(StartError, match="password"):
        Postgres(folder, durable=False).start()
    (folder / "hub.password").unlink()
    server = Postgres(folder, durable=False)
    server.start()
    server.stop()
    assert (folder / "postgres" / "PG_VERSION").exists()


@pytest.mark.parametrize("pid", ["999999999", str(os.getpid()), "1", "nonsense", ""])
def test_a_stale_pid_file_does_not_stop_a_start(folder, pid):
    """Also where its number is somebody else's by now."""
    (folder / "postgres" / "postmaster.pid").write_text(
        f"{pid}\n{folder}/postgres\n1\n5432\n\n127.0.0.1\n 1 2\nready   \n"
    )
    server = Postgres(folder, durable=False)
    server.start()
    try:
        assert words(server) == ["kept"]
    finally:
        server.stop()


def test_somebody_elses_database_is_found_only_while_it_runs(folder):
    assert Postgres(folder).running_url() == ""
    server = Postgres(folder, durable=False)
    server.start()
    assert Postgres(folder).running_url() == server.url
    server.stop()
    assert Postgres(folder).running_url() == ""


def test_damaged_data_is_told_with_a_remedy(folder):
    shutil.rmtree(folder / "postgres" / "global")
    with pytest.raises(StartError) as caught:
        Postgres(folder, durable=False).start()
    assert "PostgreSQL did not start" in caught.value.message
    assert "./dev reset" in caught.value.remedy


def test_a_full_disk_is_told_before_anything_is_written(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=10 * 1024 * 1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StartError) as caught:
        Postgres(tmp_path / "new").start()
    assert "is full" in caught.value.message
    assert "HUB_STATE" in caught.value.remedy
    assert not (tmp_path / "new" / "postgres").exists()


def test_only_root_needs_another_identity(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert privileges() == []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StartError) as caught:
        privileges()
    assert "run as another user" in caught.value.remedy


def test_a_machine_without_postgresql_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("local.services.postgres._candidates", lambda: iter(()))
    with pytest.raises(StartError) as caught:
        find_binaries()
    assert "apt install postgresql" in caught.value.remedy


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'hub'}"}


def started(folder: Path) -> "subprocess.Popen[bytes]":
    """Another process that has a server up."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder)], env=environment(), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process
