"""Calls to AWS services that speak JSON, signed with Signature Version 4."""

import hashlib
import hmac
import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from hub.application.ports.system import Clock
from hub.domain.kernel import UnavailableError

_TIMEOUT_SECONDS = 10.0
_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(NamedTuple):
    access_key: str
    secret_key: str
    session_token: str | None


class Endpoint(NamedTuple):
    """Where a service answers; `prefix` stands before the action in the target header."""

    service: str
    region: str
    url: str
    prefix: str


class AwsError(UnavailableError):
    """The service answered with an error, whose name is `kind`."""

    code = "aws"

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class AwsHttp:
    """One kept-alive connection to one service; not for several threads at once."""

    def __init__(
        self, endpoint: Endpoint, credentials: Callable[[], Credentials], clock: Clock
    ) -> None:
        self.endpoint = endpoint
        self._credentials = credentials
        self._clock = clock
        self._split = urlsplit(endpoint.url)
        self._connection: http.client.HTTPConnection | None = None

    def send(
        self,
        method: str,
        path: str,
        payload: bytes,
        headers: Mapping[str, str],
        timeout: float = _TIMEOUT_SECONDS,
    ) -> tuple[int, bytes]:
        """Status and body. `path` is encoded already. UnavailableError where nobody answers.

        A kept connection that was closed meanwhile is replaced, so a call may happen twice.
        """
        path = self._split.path.rstrip("/") + path
        asked = {"host": self._split.netloc, **headers}
        for fresh in (self._connection is None, True):
            connection = self._open(timeout)
            signed = sign(
                self.endpoint,
                self._credentials(),
                self._clock.now(),
                asked,
                payload,
                method=method,
                path=path,
            )
            try:
                connection.request(method, path, payload, signed)
                response = connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if fresh:
                    raise UnavailableError(
                        f"{self.endpoint.service} does not answer", code="aws"
                    ) from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self, timeout: float) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._split.hostname or "", self._split.port
            if self._split.scheme == "https":
                self._connection = http.client.HTTPSConnection(
                    host, port, timeout=timeout, context=ssl.create_default_context()
                )
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=timeout)
        if self._connection.sock is not None:
            self._connection.sock.settimeout(timeout)
        return self._connection


class AwsJson:
    """Calls of a service by name, JSON in and out."""

    def __init__(
        self, endpoint: Endpoint, credentials: Callable[[], Credentials], clock: Clock
    ) -> None:
        self._http = AwsHttp(endpoint, credentials, clock)

    def call(
        self, action: str, body: Mapping[str, Any], *, timeout: float = _TIMEOUT_SECONDS
    ) -> dict[str, Any]:
        """The answer's body. Raises AwsError, or UnavailableError where nobody answers."""
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"{self._http.endpoint.prefix}.{action}",
        }
        status, content = self._http.send("POST", "/", json.dumps(body).encode(), headers, timeout)
        return _answer(status, content)

    def close(self) -> None:
        self._http.close()


def sign(
    endpoint: Endpoint,
    credentials: Credentials,
    now: datetime,
    headers: Mapping[str, str],
    payload: bytes,
    *,
    method: str = "POST",
    path: str = "/",
) -> dict[str, str]:
    """The headers with date, token and authorization. `path` is as it is sent, without a query."""
    all_headers = {**headers, "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ")}
    if credentials.session_token:
        all_headers["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(all_headers))
    canonical = "\n".join(
        [
            method,
            # What is signed is the path encoded once more than it is sent.
            quote(path, safe="/~"),
            "",
            *(f"{name}:{all_headers[name].strip()}" for name in sorted(all_headers)),
            "",
            names,
            hashlib.sha256(payload).hexdigest(),
        ]
    )
    scope, signature = _signature(endpoint, credentials, now, canonical)
    all_headers["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return all_headers


class DatabaseLogin(NamedTuple):
    host: str
    port: int
    user: str
    region: str


def database_password(login: DatabaseLogin, credentials: Credentials, now: datetime) -> str:
    """A token that RDS takes as the user's password for fifteen minutes."""
    host, port, user, region = login
    endpoint = Endpoint("rds-db", region, "", "")
    date = now.strftime("%Y%m%d")
    query = {
        "Action": "connect",
        "DBUser": user,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{date}/{region}/rds-db/aws4_request",
        "X-Amz-Date": now.strftime("%Y%m%dT%H%M%SZ"),
        "X-Amz-Expires": "900",
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session_token:
        query["X-Amz-Security-Token"] = credentials.session_token
    text = "&".join(
        f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query)
    )
    empty = hashlib.sha256(b"").hexdigest()
    canonical = "\n".join(["GET", "/", text, f"host:{host}:{port}", "", "host", empty])
    _, signature = _signature(endpoint, credentials, now, canonical)
    return f"{host}:{port}/?{text}&X-Amz-Signature={signature}"


def _signature(
    endpoint: Endpoint, credentials: Credentials, now: datetime, canonical: str
) -> tuple[str, str]:
    date = now.strftime("%Y%m%d")
    scope = f"{date}/{endpoint.region}/{endpoint.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join([_ALGORITHM, now.strftime("%Y%m%dT%H%M%SZ"), scope, digest])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (date, endpoint.region, endpoint.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return scope, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _answer(status: int, content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        # A gateway between us and the service speaks of its own troubles, and not in JSON.
        raise UnavailableError(f"an answer of status {status} that is no JSON object", code="aws")
    if status >= http.client.BAD_REQUEST:
        kind = str(body.get("__type", status)).rpartition("#")[2]
        raise AwsError(kind, str(body.get("message") or body.get("Message") or ""))
    return body
