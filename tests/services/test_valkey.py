"""The embedded Valkey, and the check of one that is given."""

import os
import signal
from pathlib import Path

import pytest
import redis

from local.services import valkey as module
from local.services.errors import StartError
from local.services.valkey import Valkey, check_redis, find_binary
from tests.services.programs import alive, keeper_of, parent, wait_for

START = """
import sys
from pathlib import Path
from local.services.valkey import Valkey
server = Valkey(Path(sys.argv[1]))
server.start()
"""


def information(url: str) -> dict[str, object]:
    with redis.Redis.from_url(url) as client:
        found: dict[str, object] = client.info("server")
    return found


def process_of(server: Valkey) -> int:
    return int(str(information(server.url)["process_id"]))


@pytest.fixture
def valkey(tmp_path: Path):
    server = Valkey(tmp_path / "a state")
    server.start()
    yield server
    server.stop()


def test_it_listens_on_loopback_and_writes_nothing(valkey: Valkey, tmp_path: Path):
    with redis.Redis.from_url(valkey.url) as client:
        client.set("quote", "1")
        assert client.config_get("bind")["bind"] == "127.0.0.1"
    valkey.stop()

    assert {each.name for each in (tmp_path / "a state").iterdir()} == {"ports.json", "valkey.log"}


def test_a_killed_one_is_noticed_and_comes_back_at_its_address(valkey: Valkey):
    url = valkey.url
    os.kill(process_of(valkey), signal.SIGKILL)
    wait_for(lambda: not valkey.running)

    valkey.restart()

    assert valkey.running
    assert valkey.url == url
    check_redis(url)


def test_a_killed_keeper_takes_it_along_and_the_restart_waits_for_the_port(valkey: Valkey):
    first = process_of(valkey)
    os.kill(keeper_of(first), signal.SIGKILL)
    wait_for(lambda: not valkey.running)

    valkey.restart()

    assert process_of(valkey) != first
    assert not alive(first)


def test_nothing_is_left_of_a_parent_that_was_killed(tmp_path: Path):
    with parent(START, str(tmp_path)):
        server = Valkey(tmp_path)
        server._port = int((tmp_path / "ports.json").read_text().split(":")[1].strip(" }"))
        process = process_of(server)
        keeper = keeper_of(process)

    wait_for(lambda: not alive(process) and not alive(keeper))


def test_a_strangers_server_at_the_port_is_not_taken_for_ours(
    valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "remembered_port", lambda folder, name: valkey.port)
    other = Valkey(tmp_path / "other")
    other.start()
    try:
        assert other.port != valkey.port
        assert process_of(other) != process_of(valkey)
    finally:
        other.stop()


def test_a_port_that_stays_taken_is_named(valkey: Valkey, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(module, "remembered_port", lambda folder, name: valkey.port)
    monkeypatch.setattr(module, "new_port", lambda folder, name: valkey.port)

    with pytest.raises(StartError) as refused:
        Valkey(tmp_path / "other").start()

    assert f"port {valkey.port}" in refused.value.message


def test_a_binary_that_does_not_run_here_gives_way_to_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    broken, working = tmp_path / "broken", tmp_path / "working"
    broken.write_text("#!/no/such/loader\n")
    working.write_text("#!/bin/sh\n")
    for each in (broken, working):
        each.chmod(0o755)
    monkeypatch.setattr(module, "_candidates", lambda: iter([str(broken), str(working)]))

    assert find_binary() == str(working)


def test_without_any_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_candidates", lambda: iter(["/no/such/program"]))

    with pytest.raises(StartError, match="no Valkey or Redis") as refused:
        find_binary()

    assert "REDIS_URL" in refused.value.remedy


def test_a_given_url_answers_or_not(valkey: Valkey):
    check_redis(valkey.url)
    for wrong in ("redis://127.0.0.1:1/0", "http://127.0.0.1/"):
        with pytest.raises(StartError, match="REDIS_URL"):
            check_redis(wrong)
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("requirepass", "a-secret")

    with pytest.raises(StartError, match="REDIS_URL"):
        check_redis(valkey.url)
    check_redis(valkey.url.replace("redis://", "redis://:a-secret@"))
