"""Stands between the platform and a server it started, and ends the server when the platform ends.

    python keeper.py SIGNAL GRACE COMMAND...

Its standard input is a pipe that the platform holds open. However the platform ends, kill -9
included, the pipe closes: then the server gets SIGNAL, and SIGKILL after GRACE seconds.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.02


def main(words: list[str]) -> int:
    number, grace, command = int(words[0]), float(words[1]), words[2:]
    # Signals for the platform's terminal are not for the server; the pipe tells what matters.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_DFL)
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, number)

    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=prepare,  # noqa: PLW1509  # this process has one thread
    )
    while server.poll() is None:
        readable, _, _ = select.select([sys.stdin, ended], [], [])
        if sys.stdin in readable:
            return _end(server, number, grace)
        os.read(ended, 1024)
    return server.returncode


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
