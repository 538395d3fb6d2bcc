"""Files in S3, written once."""

import hashlib
import http.client
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import unescape

from hub.adapters.aws.signed import AwsError, Credentials, Endpoint, sign
from hub.application.ports.system import Clock
from hub.domain.kernel import UnavailableError

_TIMEOUT_SECONDS = 10.0
_KEY = re.compile(r"<Key>([^<]+)</Key>")
_CODE = re.compile(r"<Code>([^<]+)</Code>")
_PAGE = 1000


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
        # A bucket that locks its objects wants the digest of each.
        digest = b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        more = {"content-md5": digest, "if-none-match": "*"}
        status, answer = self._call("PUT", self._path(key), payload=content, more=more)
        if status == http.client.PRECONDITION_FAILED:
            return False
        _expect(http.client.OK, status, answer)
        return True

    def get(self, key: str) -> bytes | None:
        status, answer = self._call("GET", self._path(key))
        if status == http.client.NOT_FOUND and _kind(answer) == "NoSuchKey":
            return None
        _expect(http.client.OK, status, answer)
        return answer

    def keys(self, prefix: str) -> Sequence[str]:
        found: list[str] = []
        while True:
            query = {"list-type": "2", "prefix": prefix, "start-after": found[-1] if found else ""}
            text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
            status, answer = self._call("GET", f"/{self._bucket}", query=text)
            _expect(http.client.OK, status, answer)
            page = [unescape(each) for each in _KEY.findall(answer.decode())]
            found += page
            if len(page) < _PAGE:
                return found

    def _path(self, key: str) -> str:
        return f"/{self._bucket}/{quote(key)}"

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        payload: bytes = b"",
        more: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        headers = {
            "host": self._split.netloc,
            "x-amz-content-sha256": hashlib.sha256(payload).hexdigest(),
            **(more or {}),
        }
        signed = sign(
            self._endpoint,
            self._credentials(),
            self._clock.now(),
            headers,
            payload,
            method=method,
            path=path,
            query=query,
        )
        connection = self._connection()
        try:
            target = f"{path}?{query}" if query else path
            connection.request(method, target, payload, signed)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise UnavailableError("s3 does not answer", code="aws") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._split.hostname or "", self._split.port
        if self._split.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                host, port, timeout=_TIMEOUT_SECONDS, context=context
            )
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)


def _kind(answer: bytes) -> str:
    found = _CODE.search(answer.decode(errors="replace"))
    return found[1] if found else "unknown"


def _expect(wanted: int, status: int, answer: bytes) -> None:
    if status != wanted:
        raise AwsError(_kind(answer), f"S3 answered {status}")
