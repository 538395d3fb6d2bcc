"""Files in S3: written once, or put in the place of what was read."""

import hashlib
import http.client
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import unescape

from hub.adapters.aws.signed import AwsError, Credentials, Endpoint, Target, sign
from hub.application.ports.objects import Stored
from hub.application.ports.system import Clock
from hub.domain.kernel import UnavailableError

_TIMEOUT_SECONDS = 10.0
_KEY = re.compile(r"<Key>([^<]+)</Key>")
_CODE = re.compile(r"<Code>([^<]+)</Code>")
_PAGE = 1000
# The object that was meant is another now, or gone, or being deleted.
_OTHERWISE = {http.client.PRECONDITION_FAILED, http.client.NOT_FOUND, http.client.CONFLICT}


class S3Objects:
    """One bucket, addressed by path. Keys are letters, digits and `-_./`."""

    def __init__(
        self,
        endpoint: Endpoint,
        bucket: str,
        credentials: Callable[[], Credentials],
        clock: Clock,
    ) -> None:
        self._endpoint = endpoint
        self._bucket = bucket
        self._credentials = credentials
        self._clock = clock
        self._split = urlsplit(endpoint.url)

    def put_new(self, key: str, content: bytes) -> bool:
        answer = self._put(key, content, {"if-none-match": "*"})
        if answer.status == http.client.PRECONDITION_FAILED:
            return False
        _expect(http.client.OK, answer)
        return True

    def replace(self, key: str, content: bytes, tag: str) -> bool:
        answer = self._put(key, content, {"if-match": tag})
        if answer.status in _OTHERWISE and _kind(answer) != "NoSuchBucket":
            return False
        _expect(http.client.OK, answer)
        return True

    def get(self, key: str) -> bytes | None:
        found = self.look(key)
        return found.content if found else None

    def look(self, key: str) -> Stored | None:
        answer = self._call(Target("GET", self._path(key)))
        if answer.status == http.client.NOT_FOUND and _kind(answer) == "NoSuchKey":
            return None
        _expect(http.client.OK, answer)
        return Stored(answer.content, answer.tag)

    def delete(self, key: str) -> None:
        _expect(http.client.NO_CONTENT, self._call(Target("DELETE", self._path(key))))

    def keys(self, prefix: str) -> Sequence[str]:
        found: list[str] = []
        while True:
            query = {"list-type": "2", "prefix": prefix, "start-after": found[-1] if found else ""}
            text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
            answer = self._call(Target("GET", f"/{self._bucket}", text))
            _expect(http.client.OK, answer)
            page = [unescape(each) for each in _KEY.findall(answer.content.decode())]
            found += page
            if len(page) < _PAGE:
                return found

    def _path(self, key: str) -> str:
        return f"/{self._bucket}/{quote(key)}"

    def _put(self, key: str, content: bytes, condition: dict[str, str]) -> "_Answer":
        # A bucket that locks its objects wants the digest of each.
        digest = b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        more = {"content-md5": digest, **condition}
        return self._call(Target("PUT", self._path(key)), content, more)

    def _call(
        self, target: Target, payload: bytes = b"", more: dict[str, str] | None = None
    ) -> "_Answer":
        headers = {
            "host": self._split.netloc,
            "x-amz-content-sha256": hashlib.sha256(payload).hexdigest(),
            **(more or {}),
        }
        now = self._clock.now()
        signed = sign(self._endpoint, self._credentials(), now, headers, payload, target=target)
        path = f"{target.path}?{target.query}" if target.query else target.path
        connection = self._connection()
        try:
            connection.request(target.method, path, payload, signed)
            response = connection.getresponse()
            return _Answer(response.status, response.read(), response.getheader("etag", ""))
        except (OSError, http.client.HTTPException) as error:
            raise UnavailableError("s3 does not answer", code="aws") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._split.hostname or "", self._split.port
        if self._split.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=_TIMEOUT_SECONDS, context=_trust()
            )
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)


class _Answer(NamedTuple):
    status: int
    content: bytes
    tag: str


@cache
def _trust() -> ssl.SSLContext:
    """Reading the authorities takes longer than a call."""
    return ssl.create_default_context()


def _kind(answer: _Answer) -> str:
    found = _CODE.search(answer.content.decode(errors="replace"))
    return found[1] if found else "unknown"


def _expect(wanted: int, answer: _Answer) -> None:
    if answer.status != wanted:
        raise AwsError(_kind(answer), f"S3 answered {answer.status}")
