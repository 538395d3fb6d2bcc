"""The embedded PostgreSQL on machines that make it hard: who may run it, and what is said."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from local.services import failures, programs
from local.services import postgres as module
from local.services.errors import StartError
from local.services.leftovers import postmaster_lines
from local.services.postgres import Postgres, check_version
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

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs to become nobody")


def test_a_lost_password_of_the_owner_is_said(state: Path):
    (state / "hub.password").unlink()
    server = Postgres(state, durable=False)

    with pytest.raises(StartError) as refused:
        server.start()

    assert "is not the password" in refused.value.message
    assert not server.running


def test_data_of_another_version_are_named_as_such(state: Path):
    (state / "postgres" / "PG_VERSION").write_text("14\n")
    server = Postgres(state, durable=False)

    with pytest.raises(StartError) as refused:
        server.start()

    assert "another version of PostgreSQL" in refused.value.message
    assert "./dev reset" in refused.value.remedy


def test_a_full_disk_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(StartError) as refused:
        Postgres(tmp_path / "state").start()

    assert "is full" in refused.value.message
    assert "HUB_STATE" in refused.value.remedy
    assert not (tmp_path / "state" / "postgres").exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("FATAL: could not write: No space left on device", "disk"),
        ("could not resize shared memory segment: No space left on device", "/dev/shm"),
        ('could not change permissions of directory "x"', "does not keep owners"),
        ("FATAL: something new", "something new"),
    ],
)
def test_a_failure_is_said_in_a_line_with_a_remedy(words: str, expected: str, tmp_path: Path):
    told = failures.explained(words, tmp_path)

    assert expected in told.message
    assert told.remedy


def test_a_locale_that_does_not_exist_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("LC_ALL", "LANG", "LC_MESSAGES"):
        monkeypatch.setenv(name, "xx_YY.nonsense")
    server = Postgres(tmp_path, durable=False)
    server.start()
    try:
        assert ask(server.url, "SHOW lc_messages") == "C"
    finally:
        server.stop()


def test_a_wheel_that_does_not_run_here_gives_way_to_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    broken, working = tmp_path / "broken", tmp_path / "working"
    for folder, text in (
        (broken, "#!/no/such/loader\n"),
        (working, "#!/bin/sh\necho 'postgres (PostgreSQL) 16.2'\n"),
    ):
        folder.mkdir()
        for name in ("initdb", "postgres"):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
    monkeypatch.setattr(programs, "_candidates", lambda: iter([broken, working]))

    assert programs.find_programs() == (working, 16)


def test_without_any_postgresql_it_is_said_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 13.9'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(programs, "_candidates", lambda: iter([tmp_path, tmp_path / "none"]))

    with pytest.raises(StartError) as refused:
        programs.find_programs()

    assert "version 13" in refused.value.message
    assert "No such file" in refused.value.message
    assert "DATABASE_URL" in refused.value.remedy


@as_root
def test_where_namespaces_are_refused_root_becomes_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from local.services import confinement
    from local.state import StateFolder

    monkeypatch.setattr(confinement, "_NAMESPACE", ("false",))
    folder = StateFolder(tmp_path / "state")
    folder.take()
    server = Postgres(folder.path, durable=False)
    server.start()
    home = (folder.path / "postgres").resolve().parent
    try:
        assert Path(f"/proc/{postmaster_of(folder.path)}").stat().st_uid == 65534
        tell(server.owner_url, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
        server.stop()
        server.start()
        assert ask(server.owner_url, "SELECT id FROM kept") == 7
        os.kill(keeper_of(postmaster_of(folder.path)), signal.SIGKILL)
        wait_for(lambda: not postmaster_lines(folder.path / "postgres"))
    finally:
        server.stop()
        folder.empty()
        folder.release()
    assert not home.exists()


NOT_ROOT = (
    START_POSTGRES
    + """
import os
assert os.geteuid() != 0
"""
)


@as_root
@pytest.mark.parametrize("user", [65534, 1234], ids=["a user", "a user without a name"])
def test_who_is_not_root_may_start_it_too(tmp_path: Path, user: int):
    prefix = ["unshare", "--user", f"--map-user={user}", f"--map-group={user}"]
    with parent(NOT_ROOT, str(tmp_path), prefix=prefix):
        server = postmaster_of(tmp_path)
        assert alive(server)

    wait_for(lambda: not alive(server))


def test_a_server_given_by_url_is_asked_for_its_version(
    postgres_server, monkeypatch: pytest.MonkeyPatch
):
    check_version(postgres_server.url)
    monkeypatch.setattr(module, "LOWEST_VERSION", 99)

    with pytest.raises(StartError, match="leads to PostgreSQL"):
        check_version(postgres_server.url)


@pytest.mark.parametrize("url", ["postgresql://hub:a-secret@127.0.0.1:1/hub", "a-secret nonsense"])
def test_a_url_that_leads_nowhere_is_said_without_its_password(url: str):
    with pytest.raises(StartError) as refused:
        check_version(url)

    assert "DATABASE_URL" in refused.value.message
    assert "a-secret" not in refused.value.message + refused.value.remedy
