"""One request on its way through the front door."""

import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl

from aiohttp import web

Pairs = list[tuple[str, str]]

_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
               "expect", "proxy-connection"}  # fmt: skip


def _trace_root() -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"


@dataclass(slots=True)
class Call:
    """What the client sent, as the events and the gateway responses show it."""

    method: str
    path: str
    protocol: str
    headers: Pairs
    query: Pairs
    source_ip: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_id: str = field(default_factory=_trace_root)
    time: float = field(default_factory=time.time)

    @classmethod
    def of(cls, request: web.Request, port: int) -> Self:
        path, _, query = request.raw_path.partition("?")
        headers = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers
        ]
        call = cls(
            method=request.method,
            path=path,
            protocol=f"HTTP/{request.version.major}.{request.version.minor}",
            headers=[pair for pair in headers if pair[0].lower() not in _HOP_BY_HOP],
            query=parse_qsl(query, keep_blank_values=True),
            source_ip=request.remote or "127.0.0.1",
        )
        call.headers += [
            ("X-Amzn-Trace-Id", call.trace_id),
            ("X-Forwarded-For", call.source_ip),
            ("X-Forwarded-Port", str(port)),
            ("X-Forwarded-Proto", "http"),
        ]
        return call

    def header(self, name: str) -> str | None:
        """The last value of a header, whatever its case."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[-1] if found else None

    def parameter(self, name: str) -> str | None:
        found = [value for key, value in self.query if key == name]
        return found[-1] if found else None
