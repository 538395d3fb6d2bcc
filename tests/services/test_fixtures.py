"""The servers of a test run: shared by its workers, and gone with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from tests.services.programs import ROOT, alive, keeper_of, postmaster_of, wait_for

# Each test of the inner run writes what it saw; CREATED grows by a line for each template made.
INNER = """
import os, time
from pathlib import Path
import psycopg, pytest, redis
from tests.fixtures.services import (
    database_template, postgres_server, redis_url, servers, test_run
)

OUT = Path(os.environ["OUT"])

def create(owner_url):
    with psycopg.connect(owner_url) as connection:
        connection.execute("CREATE TABLE things (id int)")
        connection.execute("GRANT INSERT, SELECT ON things TO hub_app")
    with (OUT / "created").open("a") as file:
        file.write("made\\n")

@pytest.fixture(scope="session")
def database(database_template):
    return database_template(create)

@pytest.mark.parametrize("number", range(6))
def test_one(number, database, redis_url, test_run):
    with psycopg.connect(database.url) as connection:
        connection.execute("INSERT INTO things VALUES (%s)", [number])
        name, port = connection.info.dbname, connection.info.port
    (OUT / f"seen-{number}").write_text(f"{test_run.worker} {name} {port} {redis_url}")
    (OUT / "folder").write_text(str(test_run.folder))
    time.sleep(float(os.environ["PAUSE"]))
"""


def inner_run(folder: Path, *words: str, pause: float = 0.1) -> "subprocess.Popen[bytes]":
    (folder / "test_inner.py").write_text(INNER)
    options = ["-p", "no:cacheprovider", f"--basetemp={folder / 'temp'}", f"--rootdir={folder}"]
    # Its workers are told by variables which they are; ours must not be taken for theirs.
    ours = {name: text for name, text in os.environ.items() if "PYTEST" not in name}
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", *options, *words, str(folder / "test_inner.py")],
        env={**ours, "PYTHONPATH": str(ROOT), "OUT": str(folder), "PAUSE": str(pause)},
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )


def seen(folder: Path) -> list[list[str]]:
    return [each.read_text().split() for each in sorted(folder.glob("seen-*"))]


def test_workers_share_one_server_and_have_a_database_each(tmp_path: Path):
    with inner_run(tmp_path, "-n", "2") as run:
        assert run.wait(60) == 0

    workers = {worker: (name, port, url) for worker, name, port, url in seen(tmp_path)}
    names, ports, urls = zip(*workers.values(), strict=True)
    assert set(workers) == {"gw0", "gw1"}
    assert len(set(names)) == len(set(urls)) == 2
    assert len(set(ports)) == 1
    assert (tmp_path / "created").read_text() == "made\n"


def test_after_a_run_nothing_is_left(tmp_path: Path):
    with inner_run(tmp_path, "-p", "no:xdist") as run:
        assert run.wait(60) == 0

    folder = Path((tmp_path / "folder").read_text())
    assert not (folder / "servers").exists()
    assert not (folder / "addresses.json").exists()


def test_nothing_is_left_of_a_run_that_was_killed(tmp_path: Path):
    with inner_run(tmp_path, "-n", "2", pause=30) as run:
        try:
            wait_for(lambda: len(seen(tmp_path)) == 2, 60)
            state = Path((tmp_path / "folder").read_text()) / "servers"
            server = postmaster_of(state)
            keeper = keeper_of(server)
        finally:
            run.send_signal(signal.SIGKILL)

    wait_for(lambda: not alive(server) and not alive(keeper), 20)


def test_databases_made_from_one_template_are_apart(database_template, postgres_server):
    made = []

    def create(owner_url: str) -> None:
        made.append(owner_url)
        with psycopg.connect(owner_url) as connection:
            connection.execute("CREATE TABLE things (id int)")

    first = database_template(create)
    with psycopg.connect(first.owner_url) as connection:
        connection.execute("INSERT INTO things VALUES (1)")
    second = database_template(create)

    with psycopg.connect(second.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM things").fetchone() == (0,)
    assert len(made) == 1
    assert second.owner_url != postgres_server.owner_url


def test_a_template_that_could_not_be_made_is_not_left_half_made(database_template):
    tables = iter(["nonsense (", "things (id int)"])

    def create(owner_url: str) -> None:
        with psycopg.connect(owner_url) as connection:
            connection.execute(f"CREATE TABLE {next(tables)}")

    with pytest.raises(psycopg.errors.SyntaxError):
        database_template(create)
    database = database_template(create)

    with psycopg.connect(database.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM things").fetchone() == (0,)


def test_each_worker_has_a_redis_database_of_its_own(redis_url: str, servers):
    with redis.Redis.from_url(redis_url) as client:
        client.set("mine", "1")
        assert client.get("mine") == b"1"
        client.flushdb()


def test_the_servers_of_a_run_give_up_safety_for_speed(postgres_server):
    with psycopg.connect(postgres_server.url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("off",)


def test_a_worker_that_was_killed_leaves_the_others_no_dead_address(tmp_path: Path):
    from tests.fixtures.services import Run

    first = Run(tmp_path, "gw0")
    first.servers()
    first._postgres.stop()
    first._valkey.stop()

    second = Run(tmp_path, "gw1")
    found = second.servers()

    with psycopg.connect(found.postgres.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    first._users.close()
    second.close()
