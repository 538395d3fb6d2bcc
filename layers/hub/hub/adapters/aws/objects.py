"""Files in S3, written once."""

import hashlib
import http.client
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Sequence
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import unescape

from hub.adapters.aws.signed import AwsError, Credentials, Endpoint, Target, sign
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
        status, answer = self._call(Target("PUT", self._path(key)), content, more)
        if status == http.client.PRECONDITION_FAILED:
            return False
        _expect(http.client.OK, status, answer)
        return True

    def get(self, key: str) -> bytes | None:
        status, answer = self._call(Target("GET", self._path(key)))
        if status == http.client.NOT_FOUND and _kind(answer) == "NoSuchKey":
            return None
        _expect(http.client.OK, status, answer)
        return answer

    def keys(self, prefix: str) -> Sequence[str]:
        found: list[str] = []
        while True:
            query = {"list-type": "2", "prefix": prefix, "start-after": found[-1] if found else ""}
            text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
            status, answer = self._call(Target("GET", f"/{self._bucket}", text))
            _expect(http.client.OK, status, answer)
            page = [unescape(each) for each in _KEY.findall(answer.decode())]
            found += page
            if len(page) < _PAGE:
                return found

    def _path(self, key: str) -> str:
        return f"/{self._bucket}/{quote(key)}"

    def _call(
        self, target: Target, payload: bytes = b"", more: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
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
