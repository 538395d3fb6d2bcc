"""The embedded Valkey: it keeps nothing, and is there again whatever ended it."""

import os
import signal
import socket
import subprocess
import sys

import pytest
from redis import Redis

from local.services.errors import StartError
from local.services.ports import known_ports
from local.services.valkey import Valkey, answers, check_redis, find_binary
from tests.services.processes import kill, processes_of, the_keeper, the_server, wait_until

LISTENING = "valkey"


@pytest.fixture
def folder(tmp_path):
    state = tmp_path / "a state's folder"
    yield state
    assert processes_of(state) == {}, "something was left behind"


@pytest.fixture
def server(folder):
    server = Valkey(folder)
    server.start()
    yield server
    server.stop()


def test_it_answers_at_a_port_it_keeps(folder, server):
    with Redis.from_url(server.url) as redis:
        assert redis.set("a", "1") is True
    server.stop()
    again = Valkey(folder)
    again.start()
    assert again.url == server.url
    again.stop()


@pytest.mark.parametrize("victim", [the_server, the_keeper])
def test_killed_it_comes_back_at_the_same_port(folder, server, victim):
    url = server.url
    kill(victim(folder, LISTENING))
    wait_until(lambda: not server.running)
    wait_until(lambda: not answers(url))
    server.restart()
    assert server.url == url
    assert answers(url)


def test_a_port_that_is_taken_is_left_to_who_has_it(folder, server):
    server.stop()
    with socket.create_server(("127.0.0.1", known_ports(folder)["valkey"])):
        other = Valkey(folder)
        other.start()
        assert other.url != server.url
        other.stop()


def test_a_binary_that_does_not_run_is_told_with_a_remedy(folder, monkeypatch):
    monkeypatch.setattr("local.services.valkey.find_binary", lambda: "/bin/false")
    with pytest.raises(StartError) as caught:
        Valkey(folder).start()
    assert "Valkey did not start" in caught.value.message
    assert "REDIS_URL" in caught.value.remedy


def test_a_machine_without_valkey_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("local.services.valkey.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StartError) as caught:
        find_binary()
    assert "apt install redis-server" in caught.value.remedy


def test_a_redis_of_ones_own_is_taken(server):
    check_redis(server.url)


def test_a_redis_whose_password_is_wrong_is_told(server):
    with Redis.from_url(server.url) as redis:
        redis.config_set("requirepass", "sesame")
    with pytest.raises(StartError) as caught:
        check_redis(server.url)
    assert "REDIS_URL" in caught.value.message
    assert "unset REDIS_URL" in caught.value.remedy
    check_redis(server.url.replace("//", "//:sesame@"))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("redis://127.0.0.1:1/0", "REDIS_URL: "),
        ("http://127.0.0.1:1/0", "no Redis URL"),
        ("redis://127.0.0.1:port/0", "no Redis URL"),
        ("nonsense", "no Redis URL"),
    ],
)
def test_an_address_where_no_redis_is_has_a_remedy(url, message):
    with pytest.raises(StartError) as caught:
        check_redis(url)
    assert message in caught.value.message


def test_a_second_server_is_no_zombie_of_the_first(folder, server):
    first = the_server(folder, LISTENING)
    os.kill(first, signal.SIGTERM)
    wait_until(lambda: not server.running)
    server.restart()
    assert the_server(folder, LISTENING) != first
    zombies = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "stat=,comm="],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not [line for line in zombies.stdout.splitlines() if line.startswith("Z")], sys.argv
