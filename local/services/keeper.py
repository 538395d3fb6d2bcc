"""Stands between the platform and a server it started, and ends the server when the platform ends.

    python keeper.py SIGNAL GRACE USER COMMAND...

Its standard input is a pipe that the platform holds open. However the platform ends, kill -9
included, the pipe closes: then the server gets SIGNAL, and SIGKILL after GRACE seconds. Should the
keeper itself be killed, Linux sends the server SIGNAL. USER is the numeric user the server runs as,
or `-` for the one we are.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.02
# Signals for the platform's terminal are not for the server; the pipe tells what matters.
_TERMINAL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(words: list[str]) -> int:
    number, grace, user, command = int(words[0]), float(words[1]), words[2], words[3:]
    for each in _TERMINAL:
        signal.signal(each, signal.SIG_IGN)
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    identity = int(user) if user != "-" else None
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=_preparation(number),  # noqa: PLW1509  # this process has one thread
        user=identity,
        group=identity,
        extra_groups=None if identity is None else [],
    )
    while server.poll() is None:
        readable, _, _ = select.select([sys.stdin, ended], [], [])
        if sys.stdin in readable:
            return _end(server, number, grace)
        os.read(ended, 1024)
    return server.returncode


def _preparation(number: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    keeper = os.getpid()

    def prepare() -> None:
        for each in _TERMINAL:
            signal.signal(each, signal.SIG_DFL)
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, number)
            if os.getppid() != keeper:  # it died before the kernel was told to watch it
                os._exit(1)

    return prepare


def _end(server: "subprocess.Popen[bytes]", number: int, grace: float) -> int:
    deadline = time.monotonic() + grace
    server.send_signal(number)
    while server.poll() is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    if server.poll() is None:
        server.kill()
    return server.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
