"""The platform begins and ends: whatever ends it leaves no process, and the next start its data."""

import email.parser
import email.policy
import fcntl
import os
import pty
import select
import signal
import socket
import subprocess
import termios
import time
from email.message import EmailMessage

import pytest

from tests.e2e.platforms import ROOT, Customer, Platform, ask
from tests.services.processes import wait_until


def test_ended_started_again_killed_and_started_again_it_has_its_data(own):
    own.start()
    customer = Customer(own.api_port, cash="1000.00")
    bought = customer.ended(customer.order().body["order_id"])
    assert bought["status"] == "EXECUTED"
    balance = customer.get(f"/accounts/{customer.account_id}/balance").body

    assert own.end(signal.SIGTERM) == 0
    assert own.is_gone()
    own.start()
    customer.log_in()
    assert customer.get(f"/accounts/{customer.account_id}/balance").body == balance

    own.kill()
    wait_until(own.is_gone, 10)
    began = time.monotonic()
    own.start()
    assert time.monotonic() - began < 15
    customer.log_in()
    assert customer.get(f"/accounts/{customer.account_id}/balance").body == balance
    again = customer.ended(customer.order(side="sell").body["order_id"])
    assert again["status"] == "EXECUTED"
    assert own.violations() == ""

    own.kill()  # at once, with its processes still about
    own.start()
    assert own.end(signal.SIGHUP) == 0
    assert own.is_gone()
    assert own.run("reset").returncode == 0
    assert {each.name for each in own.folder.iterdir()} == {"running.lock"}


def test_an_executed_order_leaves_one_mail(platform):
    customer = Customer(platform.api_port, cash="5000.00")
    order_id = customer.order().body["order_id"]
    assert customer.ended(order_id)["status"] == "EXECUTED"

    def mails() -> list[EmailMessage]:
        read = email.parser.BytesParser(policy=email.policy.default).parsebytes
        found = [read(file.read_bytes()) for file in (platform.folder / "out").glob("*.eml")]
        return [each for each in found if each["To"] == customer.email and each.is_multipart()]

    wait_until(lambda: mails() != [], 30)
    # What a second order is told by, no second mail of the first can follow.
    again = customer.order().body["order_id"]
    assert customer.ended(again)["status"] == "EXECUTED"
    wait_until(lambda: len(mails()) > 1, 30)
    told = [[part.get_content() for part in mail.iter_parts()] for mail in mails()]
    assert len(told) == 2
    for each in (order_id, again):
        assert [each in text and each in html for text, html in told].count(True) == 1


def test_it_ends_on_a_signal_at_any_moment_of_its_start(own):
    """Also where the moment is before it can say anything."""
    own.start()
    own.end()
    for number, delay in enumerate((0.0, 0.2, 0.5, 0.8, 1.2, 1.8, 2.4)):
        process = own.launch()
        time.sleep(delay)
        ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3]
        code = own.end(ending, within=20)
        # Before Python has come up, a signal ends it as it ends any Python.
        assert code == 0 or "Starting" not in own.said, own.said
        assert "Traceback" not in own.said or "Starting" not in own.said, own.said
        assert own.is_gone(), (delay, process.args)


def test_it_ends_on_a_signal_during_its_very_first_start(tmp_path):
    for delay in (0.7, 1.0, 1.4):
        fresh = Platform(tmp_path / f"fresh {delay}" / "state", "--no-demo")
        fresh.launch()
        time.sleep(delay)
        code = fresh.end(signal.SIGINT, within=20)
        assert code in {0, 130} or "Starting" not in fresh.said, fresh.said
        assert "Traceback" not in fresh.said or "Starting" not in fresh.said, fresh.said
        assert fresh.is_gone()


def test_impatience_changes_nothing(own):
    process = own.launch()
    wait_until(lambda: "Ready in" in own.said or process.poll() is not None, 30)
    for _ in range(20):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    assert process.wait(15) == 0
    assert "Traceback" not in own.said
    assert own.said.endswith("Ended; the data is kept.\n")
    assert own.is_gone()


def test_a_closed_terminal_ends_it(own):
    """As when its window is closed: the terminal goes, the signal comes, nobody reads any more."""
    controller, terminal = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        own.command("run"),
        env=own.environment(),
        cwd=ROOT,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        preexec_fn=take_terminal,  # noqa: PLW1509  # this process has no other thread at work
    )
    own.process = process
    os.close(terminal)
    said = b""
    while b"Ready in" not in said:
        ready, _, _ = select.select([controller], [], [], 30)
        assert ready, said
        said += os.read(controller, 4096)
    os.close(controller)
    assert process.wait(15) == 0
    assert own.is_gone()


def test_who_stops_reading_its_output_does_not_end_it(own):
    reading, writing = os.pipe()
    own.launch(output=writing)
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)

    def answers() -> bool:
        try:
            return ask(own.api_port, "GET", "/health/live").status == 200
        except OSError:
            return False

    wait_until(answers, 30)
    assert own.end() == 0
    assert own.is_gone()


def test_a_second_one_on_the_same_folder_is_told_who_is_there(platform):
    second = Platform(platform.folder)
    done = second.run("run")
    assert done.returncode == 1
    assert platform.process is not None
    assert f"(process {platform.process.pid})" in done.stdout
    assert "-> " in done.stdout
    reset = second.run("reset")
    assert reset.returncode == 1
    assert "runs already" in reset.stderr
    assert ask(platform.api_port, "GET", "/health/ready").status == 200


@pytest.mark.parametrize(
    "option", ["--api-port", "--websocket-port", "--stream-port", "--grpc-port"]
)
def test_a_port_in_use_is_named_with_the_option_for_another(tmp_path, option):
    fresh = Platform(tmp_path / "state")
    with socket.create_server(("127.0.0.1", 0)) as taken_port:
        port = taken_port.getsockname()[1]
        fresh._options = (option, str(port))
        done = fresh.run("run")
    assert done.returncode == 1
    assert f"port {port} is in use" in done.stdout
    assert option in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "variables", "words"),
    [
        (("--api-port", "70000"), {}, "1 to 65535"),
        ((), {"HUB_API_PORT": "many"}, "1 to 65535"),
        (("--speed", "fast"), {}, "0 to 10000"),
        (("--start", "1st of June"), {}, "2012-06-01"),
        (("--api-port", "4001", "--grpc-port", "4001"), {}, "the same"),
        ((), {"DATABASE_URL": "nonsense"}, "not the URL of a PostgreSQL"),
        ((), {"DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/x"}, "unset DATABASE_URL"),
        ((), {"REDIS_URL": "redis://127.0.0.1:1"}, "unset REDIS_URL"),
        ((), {"HUB_STATE": "/proc/1"}, "HUB_STATE"),
        ((), {"HUB_STATE": "/dev/null"}, "HUB_STATE"),
    ],
)
def test_what_cannot_be_is_told_with_a_remedy(own, monkeypatch, options, variables, words):
    command = [*own.command("run"), *options]
    if "HUB_API_PORT" in variables:
        command = [word for word in command if word not in {"--api-port", str(own.api_port)}]
    done = subprocess.run(
        command,
        env={**own.environment(), **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode in {1, 2}, said
    assert words in said
    assert "Traceback" not in said
    assert "secret" not in said
    assert own.is_gone()


@pytest.mark.parametrize("verb", ["run", "reset"])
def test_a_folder_of_somebody_is_neither_used_nor_emptied(own, verb):
    own.folder.mkdir(mode=0o755)
    (own.folder / "letter").write_text("dear")
    done = own.run(verb)
    assert done.returncode == 1
    assert "nothing in it is Hub's" in done.stdout + done.stderr
    assert [each.name for each in own.folder.iterdir()] == ["letter"]
    assert own.folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("verb", ["demo", "verify"])
def test_what_needs_the_platform_says_so_where_none_runs(own, verb):
    done = own.run(verb)
    assert done.returncode == 1
    assert "./dev run" in done.stdout + done.stderr
