"""A server process under a keeper: it never outlives the platform."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_KEEPER = str(Path(__file__).with_name("keeper.py"))
_LONGEST_LOG = 8 * 1024 * 1024
_TAIL = 8 * 1024


class Guarded:
    """`command` runs with its output appended to `log`; `ending` is how it is asked to stop.

    A stop waits `grace` seconds before it kills. `user` is the number of another user to run as.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        ending: signal.Signals = signal.SIGTERM,
        grace: float = 8.0,
        user: int | None = None,
        working_folder: Path | None = None,
    ) -> None:
        self._command = [str(word) for word in command]
        self._log = log
        self._log_began = 0
        self._environment = dict(environment) if environment is not None else None
        self._ending = ending
        self._grace = grace
        self._user = "-" if user is None else str(user)
        self._working_folder = working_folder
        self._pipe: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        process = self._process  # another thread may be stopping it
        return process is not None and process.poll() is None

    def start(self) -> None:
        self.stop()
        self._turn_log()
        orders = [str(int(self._ending)), str(self._grace), self._user]
        given, self._pipe = os.pipe()
        try:
            with self._log.open("ab") as log:
                self._log_began = log.tell()
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", _KEEPER, *orders, *self._command],
                    stdin=given,
                    stdout=log,
                    stderr=log,
                    env=self._environment,
                    cwd=self._working_folder,
                    start_new_session=True,
                )
        finally:
            os.close(given)

    def stop(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
        if self._process is not None:
            try:
                self._process.wait(self._grace + 5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def wait(self) -> int:
        """The exit code, once it has ended by itself or by `stop`."""
        process = self._process
        return process.wait() if process is not None else -int(self._ending)

    def last_words(self, lines: int = 5) -> str:
        """The end of what it logged since its last start, for a message about why it failed."""
        try:
            with self._log.open("rb") as log:
                log.seek(max(self._log_began, self._log.stat().st_size - _TAIL))
                words = log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(words.splitlines()[-lines:])

    def _turn_log(self) -> None:
        if self._log.exists() and self._log.stat().st_size > _LONGEST_LOG:
            self._log.replace(self._log.with_name(self._log.name + ".1"))
