"""A Runtime API on this machine: says when a function asks for its first invocation."""

import subprocess
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from queue import Empty, Queue
from time import perf_counter
from types import TracebackType
from typing import Self

_NEXT = "/2018-06-01/runtime/invocation/next"
_LONGEST = 30.0


class InitError(Exception):
    """The function did not come to ask; the message has its last words."""


class RuntimeApi:
    """Serves one function after another; none is ever given an invocation."""

    def __init__(self) -> None:
        self._asked: Queue[float] = Queue()
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._requests())
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def init(self, command: Sequence[str], environment: Mapping[str, str]) -> float:
        """Seconds from the start of the process to its first question. Raises InitError."""
        address = f"127.0.0.1:{self._server.server_port}"
        began = perf_counter()
        process = subprocess.Popen(
            command,
            env={**environment, "AWS_LAMBDA_RUNTIME_API": address},
            cwd=environment["LAMBDA_TASK_ROOT"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            return self._first_question(process) - began
        except Empty:
            process.kill()
            words = process.communicate()[0].decode(errors="replace")
            raise InitError(words[-2000:] or "it never asked for an invocation") from None
        finally:
            process.kill()
            process.communicate()

    def _first_question(self, process: "subprocess.Popen[bytes]") -> float:
        deadline = perf_counter() + _LONGEST
        while True:
            try:
                return self._asked.get(timeout=0.2)
            except Empty:
                if process.poll() is not None or perf_counter() > deadline:
                    raise

    def _requests(self) -> type[BaseHTTPRequestHandler]:
        asked, released = self._asked, self._released

        class Requests(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if str(PurePosixPath(self.path)) == _NEXT:
                    asked.put(perf_counter())
                released.wait()

            def log_message(self, *_words: object) -> None:
                """Nobody wants a line per request."""

        return Requests
