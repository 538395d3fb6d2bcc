"""The fork server: imports the shared modules once, then forks one process per environment.

It runs alone in its process, has one thread, and does nothing between the imports and the forks
that could hold a lock, a socket or a pool. It ends, and ends its children, when the executor's
end of the control socket closes.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import select
import signal
import socket
import sys
import traceback
from typing import Any

from local.functions.environment import serve
from local.functions.frames import Frames, Head, pack

_PR_SET_PDEATHSIG = 1


def main(control_descriptor: int, preload: list[str], paths: list[str]) -> None:
    """Preload, then serve spawn and kill requests until the control socket closes."""
    control = socket.socket(fileno=control_descriptor)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # both are TextIOWrapper here
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    base = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix))]
    sys.path[:] = [*paths, *base]
    for name in preload:
        _import(name)
    sys.path[:] = base
    gc.collect()
    gc.freeze()
    _ForkServer(control).run()


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 -- a module being edited; its functions will report it
        sys.stderr.write(f"{name} was not preloaded\n{traceback.format_exc()}")


class _ForkServer:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._frames = Frames()
        self._descriptors: list[int] = []
        self._children: set[int] = set()
        self._prctl = _prctl()
        self._wake, wake = os.pipe()
        for descriptor in (self._wake, wake):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._wake_writer = wake

    def run(self) -> None:
        self._control.sendall(pack({"started": os.getpid()}))
        control = self._control.fileno()
        while True:
            ready, _, _ = select.select([control, self._wake], [], [])
            if self._wake in ready:
                self._reap()
            if control in ready and not self._serve():
                break
        for child in self._children:
            _kill(child)

    def _serve(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 65536, 16)
        except ConnectionError:
            return False
        self._descriptors += descriptors
        for head, _ in self._frames.feed(data):
            if "kill" in head:
                if head["kill"] in self._children:
                    _kill(head["kill"])
            else:
                self._spawn(head, self._descriptors.pop(0))
        return bool(data)

    def _spawn(self, head: Head, descriptor: int) -> None:
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            self._become(head, descriptor, parent)
        os.close(descriptor)
        self._children.add(child)
        self._tell({"spawned": head["id"], "pid": child})

    def _become(self, head: Head, descriptor: int, parent: int) -> None:
        status = 1
        try:
            os.setpgid(0, 0)
            self._die_with(parent)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for inherited in (self._wake, self._wake_writer, *self._descriptors):
                os.close(inherited)
            self._control.close()
            with socket.socket(fileno=descriptor) as connection:
                serve(connection, head)
            status = 0
        except SystemExit as exit_:
            status = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
        except ConnectionError:
            status = 0
        except BaseException:  # noqa: BLE001 -- the last line of a process: report, then end
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
            os._exit(status)

    def _die_with(self, parent: int) -> None:
        if self._prctl is not None:
            self._prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._children.discard(ended[0])
                self._tell({"exited": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})

    def _tell(self, head: Head) -> None:
        with contextlib.suppress(ConnectionError):
            self._control.sendall(pack(head))


def _prctl() -> Any:
    """Linux lets a child ask to be killed with its parent; elsewhere its socket's end must do."""
    if not sys.platform.startswith("linux"):
        return None
    return ctypes.CDLL(None).prctl


def _kill(child: int) -> None:
    """The child and what it started."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
