"""`./dev audit` finds what is planted, counts what it looked at, and takes nothing for nothing."""

import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from local.audit.advisories import look_at_advisories
from local.audit.locks import Pin, look_at_locks, read_pins
from local.audit.secrets import ALLOWED, look_for_secrets, secrets_in
from local.options import ROOT

PINS = [Pin("fine", "1.0", 1), Pin("holed", "2.0", 1)]
# In pieces, so that the audit of this very file finds nothing.
PLANTED = {
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEAxxxxxxxx",
    "AWS access key": "AK" + "IAIOSFODNN7EXAMPLE",
    "key of ours": "hk" + "_" + "a1B2c" * 8 + "d3E",
    "signed token": "ey" + "JhbGciOiJSUzI1NiJ9.ey" + "JzdWIiOiIxMjM0NTYifQ." + "c2ln" * 8,
    "GitHub token": "gh" + "p_" + "aB3d" * 9,
    "Slack token": "xo" + "xb-123456789012-abcdefABCDEF",
    "password in a URL": "postgresql://hub:" + "correcthorse@db.example/hub",
    "random text with a secret's name": 'client_secret = "' + 'vT9xQ2mLk8ZsR4wYb7Nc"',
}


@pytest.mark.parametrize("form", PLANTED)
def test_a_planted_secret_is_found_and_its_line_named(form: str):
    assert list(secrets_in(f"first\n\n{PLANTED[form]}\n")) == [(3, form)]


@pytest.mark.parametrize(
    "harmless",
    [
        'password = "a password for a test"',
        'url = f"postgresql://{user}:{password}@{host}/hub"',
        'token_endpoint = "/api/v1/auth/refresh_token"',
        'secret = "hub-signing-key-of-this-stage"',
        "public_key = '-----BEGIN PUBLIC KEY-----'",
    ],
)
def test_words_and_names_are_no_secrets(harmless: str):
    assert list(secrets_in(harmless)) == []


def test_files_that_git_does_not_know_yet_are_looked_at_too(tmp_path: Path):
    subprocess.run(("git", "init", "-q"), cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("ignored\n")
    for name in ("new.py", "ignored"):
        (tmp_path / name).write_text(PLANTED["GitHub token"])
    look = look_for_secrets(tmp_path)
    assert (look.looked_at, look.findings) == (2, ["new.py:1: GitHub token"])
    assert not look.passed


def test_a_look_at_nothing_does_not_pass(tmp_path: Path):
    (tmp_path / "empty.lock").write_text("")
    (tmp_path / "repository").mkdir()
    subprocess.run(("git", "init", "-q"), cwd=tmp_path / "repository", check=True)
    assert not look_for_secrets(tmp_path / "repository").passed
    assert not look_at_locks([tmp_path / "empty.lock"]).passed
    assert not look_at_advisories([]).passed


def test_what_is_allowed_is_still_there():
    for path, form in ALLOWED:
        assert form in {found for _, found in secrets_in((ROOT / path).read_text("utf-8"))}


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("loose==1.0", "x.lock: loose has no hash"),
        ("loose==1.0 --hash=sha256:abc", "x.lock: loose has no hash"),
        ("loose>=1.0", "no pin: x.lock: loose>=1.0"),
        ("--index-url https://elsewhere.example", "no pin: x.lock: --index-url"),
        ("loose @ https://elsewhere.example/x.whl", "no pin: x.lock: loose @ https"),
    ],
)
def test_a_lock_pins_exactly_and_by_hash(tmp_path: Path, line: str, finding: str):
    lock = tmp_path / "x.lock"
    lock.write_text(f"# by hand\n{line}\n")
    (told,) = look_at_locks([lock]).findings
    assert told.startswith(finding)


def test_the_locks_of_the_project_are_read_whole():
    names = {pin.name for pin in read_pins(ROOT / "requirements" / "check.lock")}
    assert {pin.name for pin in read_pins(ROOT / "requirements" / "run.lock")} <= names
    assert {"pydantic", "psycopg", "cryptography", "hypothesis"} <= names


class Source(ThreadingHTTPServer):
    """Answers as OSV does, with what it was told to know."""

    daemon_threads = True
    known: list[dict[str, Any]]
    asked: dict[str, Any]


class _Answers(BaseHTTPRequestHandler):
    server: Source

    def do_POST(self):
        self.server.asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"results": self.server.known}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def source() -> Iterator[Source]:
    with Source(("127.0.0.1", 0), _Answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(source: Source) -> str:
    return f"http://127.0.0.1:{source.server_address[1]}/"


def test_a_known_weakness_is_a_finding(source: Source):
    source.known = [{}, {"vulns": [{"id": "GHSA-xxxx"}, {"id": "PYSEC-1"}]}]
    look = look_at_advisories(PINS, url(source))
    assert look.looked_at == 2
    assert look.findings == ["holed 2.0: GHSA-xxxx", "holed 2.0: PYSEC-1"]
    first, _ = source.asked["queries"]
    assert first == {"package": {"name": "fine", "ecosystem": "PyPI"}, "version": "1.0"}


def test_nothing_known_passes(source: Source):
    source.known = [{}, {}]
    assert look_at_advisories(PINS, url(source)).passed


def test_a_source_that_answers_for_fewer_does_not_pass(source: Source):
    source.known = [{}]
    look = look_at_advisories(PINS, url(source))
    assert (look.looked_at, look.passed) == (0, False)


def test_a_source_out_of_reach_does_not_pass(source: Source):
    nowhere = url(source)
    source.server_close()
    look = look_at_advisories(PINS, nowhere)
    assert look.looked_at == 0
    assert look.findings[0].startswith("2 packages not audited: ")
