"""Requests of Alpaca's trading API: what it answers, or why that is no answer."""

import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from hub.application.ports.system import Clock
from hub.domain.kernel import UnavailableError

_TIMEOUT_SECONDS = 3.0
_LONGEST_ANSWER = 8 << 20
_OK = range(200, 300)
_UNAUTHORIZED, _TOO_MANY, _SERVER_ERROR = 401, 429, 500
# Where it does not say for how long: its limit is counted by the minute.
_USUAL_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(minutes=2)


class Keys(NamedTuple):
    """As the API wants them in every request."""

    key_id: str
    secret_key: str

    def __repr__(self) -> str:
        return "Keys(...)"


def keys_in(text: str) -> Keys:
    """From a secret: JSON with key_id and secret_key. Raises UnavailableError."""
    try:
        secret = json.loads(text)
        return Keys(str(secret["key_id"]), str(secret["secret_key"]))
    except (ValueError, KeyError, TypeError):
        # The error would quote the secret.
        raise UnavailableError(
            "the secret has no key_id and secret_key", code="venue_access"
        ) from None


class Answer(NamedTuple):
    """A status that decides something, and the JSON that came with it."""

    status: int
    body: Any

    @property
    def is_ok(self) -> bool:
        return self.status in _OK

    @property
    def code(self) -> str:
        return str(self.body.get("code", self.status)) if isinstance(self.body, dict) else ""

    @property
    def message(self) -> str:
        text = self.body.get("message") if isinstance(self.body, dict) else None
        return str(text or f"status {self.status}")[:200]


class AlpacaLine:
    """One kept-alive connection; not for several threads at once."""

    def __init__(
        self,
        url: str,
        keys: Callable[[], Keys],
        clock: Clock,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> None:
        self._split = urlsplit(url)
        self._read_keys = keys
        self._keys: Keys | None = None
        self._clock = clock
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None
        self._quiet_until: datetime | None = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Raises UnavailableError for whatever leaves open what has happened, or will."""
        if self._quiet_until is not None and self._clock.now() < self._quiet_until:
            raise UnavailableError("the venue wants fewer requests", code="venue_throttled")
        target = self._split.path.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
        payload = json.dumps(body).encode() if body is not None else b""
        status, headers, content = self._exchange(method, target, payload)
        if status == _TOO_MANY:
            self._quiet_until = self._clock.now() + _pause(headers.get("retry-after"))
            raise UnavailableError("the venue wants fewer requests", code="venue_throttled")
        if status == _UNAUTHORIZED:
            # They may have been changed since they were read.
            self._keys = None
            raise UnavailableError("the venue does not take our keys", code="venue_access")
        if status >= _SERVER_ERROR:
            raise UnavailableError(f"the venue answers {status}", code="venue")
        return Answer(status, _json(content))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(
        self, method: str, target: str, payload: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """A kept connection that was closed meanwhile is replaced once, so a request may happen
        twice; one that has waited in vain is not."""
        for fresh in (self._connection is None, True):
            connection = self._open()
            try:
                connection.request(method, target, payload, self._headers())
                response = connection.getresponse()
                content = response.read(_LONGEST_ANSWER)
                headers = {name.lower(): text for name, text in response.getheaders()}
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if fresh or isinstance(error, TimeoutError):
                    # Its kind alone: the text of an error may quote what was sent.
                    kind = type(error).__name__
                    raise UnavailableError(
                        f"the venue does not answer: {kind}", code="venue"
                    ) from None
            else:
                return response.status, headers, content
        raise AssertionError("unreachable")

    def _headers(self) -> dict[str, str]:
        keys = self._keys = self._keys or self._read_keys()
        return {
            "Content-Type": "application/json",
            "APCA-API-KEY-ID": keys.key_id,
            "APCA-API-SECRET-KEY": keys.secret_key,
        }

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._split.hostname or "", self._split.port
            if self._split.scheme == "https":
                self._connection = http.client.HTTPSConnection(
                    host, port, timeout=self._timeout, context=ssl.create_default_context()
                )
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
        return self._connection


def _json(content: bytes) -> Any:
    try:
        return json.loads(content, parse_float=Decimal) if content else {}
    except (ValueError, RecursionError):
        raise UnavailableError("an answer of the venue that is no JSON", code="venue") from None


def _pause(text: str | None) -> timedelta:
    if text is None or not (text.isascii() and text.isdigit()):
        return _USUAL_PAUSE
    return min(timedelta(seconds=int(text[:6])), _LONGEST_PAUSE)
