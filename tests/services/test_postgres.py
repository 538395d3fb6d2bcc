"""The embedded PostgreSQL: what is kept, who may do what, and how it comes back."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from local.services import postgres as module
from local.services.postgres import Postgres
from tests.services.programs import (
    START_POSTGRES,
    alive,
    ask,
    keeper_of,
    parent,
    postmaster_of,
    tell,
    wait_for,
)


def test_a_cold_start_makes_a_database_with_checksums_and_no_locale(tmp_path: Path):
    server = Postgres(tmp_path / "fresh")
    began = time.monotonic()
    server.start()
    try:
        assert time.monotonic() - began < 15
        assert ask(server.owner_url, "SHOW data_checksums") == "on"
        assert ask(server.owner_url, "SHOW fsync") == "on"
        assert ask(server.owner_url, "SHOW synchronous_commit") == "on"
        assert ask(server.owner_url, "SELECT datcollate FROM pg_database LIMIT 1") == "C"
        assert ask(server.owner_url, "SHOW server_encoding") == "UTF8"
        passwords = [
            each.stat().st_mode & 0o777 for each in (tmp_path / "fresh").glob("*.password")
        ]
        assert passwords == [0o600, 0o600]
    finally:
        server.stop()


def test_it_listens_on_loopback_only_and_on_no_socket_file(postgres: Postgres):
    assert ask(postgres.owner_url, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(postgres.owner_url, "SHOW unix_socket_directories") == ""


def test_a_wrong_password_is_refused(postgres: Postgres):
    url = f"postgresql://hub_app:guess@127.0.0.1:{postgres.port}/hub"

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE mine (id int)", "CREATE TEMP TABLE mine (id int)", "CREATE ROLE me"]
)
def test_the_application_changes_no_schema(postgres: Postgres, statement: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        tell(postgres.url, statement)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", "5s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "5s"),
    ],
)
def test_the_application_cannot_hold_things_up(postgres: Postgres, setting: str, value: str):
    assert ask(postgres.url, f"SHOW {setting}") == value
    assert ask(postgres.owner_url, f"SHOW {setting}") == "0"


def test_a_second_start_keeps_data_and_port(postgres: Postgres, state: Path):
    tell(postgres.owner_url, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
    port = postgres.port
    postgres.stop()
    assert not postgres.running

    again = Postgres(state, durable=False)
    again.start()
    try:
        assert ask(again.owner_url, "SELECT id FROM kept") == 7
        assert again.port == port
    finally:
        again.stop()


def test_a_stop_leaves_no_process_and_no_pid_file(postgres: Postgres, state: Path):
    server = postmaster_of(state)
    postgres.stop()

    assert not alive(server)
    assert not (state / "postgres" / "postmaster.pid").exists()


def test_a_killed_postmaster_is_noticed_and_what_was_committed_is_there(state: Path):
    server = Postgres(state)
    server.start()
    try:
        tell(server.owner_url, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
        url = server.url
        os.kill(postmaster_of(state), signal.SIGKILL)
        wait_for(lambda: not server.running)

        server.restart()

        assert server.running
        assert server.url == url
        assert ask(server.owner_url, "SELECT id FROM kept") == 7
    finally:
        server.stop()


def test_a_busy_session_that_outlives_its_postmaster_keeps_nobody_waiting(
    postgres: Postgres, state: Path
):
    connection = psycopg.connect(postgres.owner_url, autocommit=True)

    def busy() -> None:
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT count(*) FROM generate_series(1, 1000000000)")

    thread = threading.Thread(target=busy)
    thread.start()
    query = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%1000000000)'"
    wait_for(lambda: ask(postgres.owner_url, query) is not None)
    os.kill(postmaster_of(state), signal.SIGKILL)
    wait_for(lambda: not postgres.running)

    postgres.restart()
    thread.join()
    connection.close()

    assert ask(postgres.owner_url, "SELECT 1") == 1


def test_a_killed_keeper_takes_the_postmaster_with_it(postgres: Postgres, state: Path):
    server = postmaster_of(state)
    os.kill(keeper_of(server), signal.SIGKILL)

    wait_for(lambda: not alive(server))

    assert not postgres.running


def test_nothing_is_left_of_a_parent_that_was_killed(state: Path):
    with parent(START_POSTGRES, str(state)):
        server = postmaster_of(state)
        keeper = keeper_of(server)

    assert wait_for(lambda: not alive(server) and not alive(keeper)) < 5
    assert not (state / "postgres" / "postmaster.pid").exists()


def test_a_start_right_after_the_parent_was_killed_works(state: Path):
    with parent(START_POSTGRES, str(state)):
        pass

    server = Postgres(state, durable=False)
    server.start()
    try:
        assert ask(server.url, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(state: Path):
    stranger = subprocess.Popen(["sleep", "60"])
    lines = [
        str(stranger.pid),
        str(state / "postgres"),
        "1",
        "5432",
        "",
        "127.0.0.1",
        "0 0",
        "ready",
    ]
    (state / "postgres" / "postmaster.pid").write_text("\n".join(lines))
    server = Postgres(state, durable=False)
    try:
        assert server.running_url() == ""
        server.start()
        assert ask(server.url, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        server.stop()
        stranger.kill()
        stranger.wait()


def test_an_interrupted_first_start_begins_anew(tmp_path: Path):
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    server = Postgres(tmp_path, durable=False)
    server.start()
    try:
        assert ask(server.url, "SELECT 1") == 1
        assert not half.exists()
    finally:
        server.stop()


def test_another_process_finds_the_running_server(postgres: Postgres, state: Path):
    assert Postgres(state).running_url() == postgres.url
    postgres.stop()
    assert Postgres(state).running_url() == ""


def test_a_port_lost_at_the_last_moment_is_exchanged(
    state: Path, postgres_server, monkeypatch: pytest.MonkeyPatch
):
    taken = urlsplit(postgres_server.url).port
    monkeypatch.setattr(module, "remembered_port", lambda folder, name: taken)
    server = Postgres(state, durable=False)
    server.start()
    try:
        assert server.port != taken
        assert ask(server.url, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_lost_password_of_the_application_is_made_anew(state: Path):
    (state / "hub_app.password").unlink()
    server = Postgres(state, durable=False)
    server.start()
    try:
        assert ask(server.url, "SELECT current_user") == "hub_app"
    finally:
        server.stop()
