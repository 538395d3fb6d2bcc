"""A server process under a keeper: it never outlives the platform."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_KEEPER = str(Path(__file__).with_name("keeper.py"))


class Guarded:
    """`command` runs with its output appended to `log`; `ending` is how it is asked to stop."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        ending: signal.Signals = signal.SIGTERM,
        grace: float = 8.0,
    ) -> None:
        self._command = [str(word) for word in command]
        self._log = log
        self._environment = dict(environment) if environment is not None else None
        self._ending = ending
        self._grace = grace
        self._pipe: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self.stop()
        given, self._pipe = os.pipe()
        keeper = [sys.executable, "-I", "-S", _KEEPER, str(int(self._ending)), str(self._grace)]
        try:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [*keeper, *self._command],
                    stdin=given,
                    stdout=log,
                    stderr=log,
                    env=self._environment,
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

    def last_words(self, lines: int = 5) -> str:
        """The end of the log, for a message about why it did not start."""
        if not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
