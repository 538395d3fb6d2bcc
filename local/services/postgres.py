"""A real PostgreSQL of our own: initialised once, started in the foreground under a keeper.

Two roles: `hub` owns the schema, `hub_app` is what functions log in as.
"""

import secrets
import signal
import time
from pathlib import Path

import psycopg

from local.services.confinement import (
    NOBODY,
    Confinement,
    confinement,
    data_of_nobody,
    reachable_programs,
    remove_data_of_nobody,
)
from local.services.errors import PortTakenError, StartError
from local.services.failures import explained
from local.services.guarded import Guarded
from local.services.initdb import environment, initialise
from local.services.leftovers import end_leftovers, postmaster, postmaster_lines
from local.services.ports import HOST, new_port, remembered_port
from local.services.programs import LOWEST_VERSION, find_programs
from local.services.roles import APPLICATION, DATABASE, OWNER, prepare
from local.services.secrets import write_secret

_START_SECONDS = 30.0
_POLL_SECONDS = 0.005
_OTHER_PORTS = 2
_CARELESS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


class Postgres:
    """`folder` keeps everything; its caller is the only one to run a PostgreSQL there.

    `durable` off gives up safety from power loss, for tests.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder.absolute()
        self._data = self._folder / "postgres"
        self._durable = durable
        self._port = 0
        self._confinement = Confinement()
        self._programs = Path()
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
    def port(self) -> int:
        return self._port

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.running

    def start(self) -> None:
        """Ready when it returns. Raises StartError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._find()
        end_leftovers(self._data)
        if not (self._data / "PG_VERSION").exists():
            password = self._password(OWNER)
            initialise(
                self._data, self._programs, self._confinement, password, durable=self._durable
            )
        self._port = remembered_port(self._folder, "postgres")
        self._launch_on_a_free_port()
        try:
            prepare(self._url(OWNER, "postgres"), self._password(APPLICATION))
        except psycopg.Error as error:
            self.stop()
            raise explained(str(error), self._folder) from error

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def restart(self) -> None:
        """After a crash: the same port, so that those who know it find it again."""
        self.stop()
        self._find()
        end_leftovers(self._data)
        self._launch()

    def running_url(self) -> str:
        """The URL of the server that somebody else runs on this folder; empty if nobody does."""
        if postmaster(self._data) is None or not self._is_ready():
            return ""
        self._port = int(postmaster_lines(self._data)[3])
        return self.url

    def _find(self) -> None:
        """The programs, and how to run them."""
        if self._data.is_symlink() and not self._data.exists():
            remove_data_of_nobody(self._data)
        self._confinement = confinement()
        self._programs = find_programs().folder
        if self._data.is_symlink() and self._data.stat().st_uid == NOBODY:
            self._confinement = Confinement(user=NOBODY)
        if self._confinement.user is None:
            return
        if self._data.exists() and not self._data.is_symlink():
            raise StartError(
                f"the data in {self._data} need user namespaces, which this machine refuses now",
                "set HUB_STATE to another folder, or `./dev reset` begins with an empty database",
            )
        home = data_of_nobody(self._data).parent
        self._programs = reachable_programs(self._programs, home)

    def _url(self, role: str, database: str) -> str:
        password = self._password(role)
        return f"postgresql://{role}:{password}@{HOST}:{self._port}/{database}"

    def _password(self, role: str) -> str:
        file = self._folder / f"{role}.password"
        if not file.exists():
            write_secret(file, secrets.token_hex(24))
        return file.read_text()

    def _launch_on_a_free_port(self) -> None:
        """Between finding a port free and listening on it, another program may take it."""
        for _ in range(_OTHER_PORTS):
            try:
                return self._launch()
            except PortTakenError:
                self._port = new_port(self._folder, "postgres")
        return self._launch()

    def _launch(self) -> None:
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
        command = [*self._confinement.prefix, str(self._programs / "postgres"), "-D"]
        command.append(str(self._data.resolve()))
        for setting in settings:
            command += ["-c", setting]
        self._server = server = Guarded(
            command,
            log=self._folder / "postgres.log",
            environment=environment(),
            ending=signal.SIGINT,
            user=self._confinement.user,
            working_folder=Path("/"),
        )
        server.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            # Another thread may stop the server while it comes up.
            if not server.running or time.monotonic() > deadline:
                words = server.last_words()
                server.stop()
                raise explained(words, self._folder)
            time.sleep(_POLL_SECONDS)

    def _is_ready(self) -> bool:
        lines = postmaster_lines(self._data)
        return len(lines) > 7 and lines[7].strip() == "ready"


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
    except psycopg.ProgrammingError:  # its words repeat the URL, password and all
        raise StartError(
            "DATABASE_URL is not the URL of a PostgreSQL",
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or unset it to use the embedded one",
        ) from None
    if version < LOWEST_VERSION * 10_000:
        raise StartError(
            f"DATABASE_URL leads to PostgreSQL {version // 10_000}",
            f"version {LOWEST_VERSION} or newer is needed; unset it to use the embedded one",
        )
