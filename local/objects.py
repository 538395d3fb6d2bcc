"""A twin of S3 in a folder: objects are put, got, deleted and listed, by path-style addresses."""

import hashlib
import os
import re
import uuid
from pathlib import Path
from xml.sax.saxutils import escape

from aiohttp import web

# Where in the state folder of a platform they are.
OBJECTS = "objects"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{2,62}")
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_PAGE = 1000


class FolderObjects:
    """`{folder}/{bucket}/{key}` are the objects. A bucket is there once something is in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add_to(self, app: web.Application) -> None:
        app.router.add_put("/{bucket}/{key:.+}", self._put)
        app.router.add_get("/{bucket}/{key:.+}", self._get)
        app.router.add_delete("/{bucket}/{key:.+}", self._delete)
        app.router.add_get("/{bucket}", self._list)

    async def _put(self, request: web.Request) -> web.Response:
        path = self._path(request)
        if path is None:
            return _refusal(400, "InvalidRequest", "This twin does not know such names.")
        content = await request.read()
        refused = _unmet(request.headers.get("If-Match"), path)
        if refused is not None:
            return refused
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.parent / f".{uuid.uuid4()}"
        draft.write_bytes(content)
        if request.headers.get("If-None-Match") != "*":
            draft.replace(path)
            return web.Response()
        try:
            # A link, unlike a renaming, leaves what is there.
            os.link(draft, path)
        except FileExistsError:
            return _precondition_failed()
        finally:
            draft.unlink()
        return web.Response()

    async def _get(self, request: web.Request) -> web.Response:
        path = self._path(request)
        if path is None or not path.is_file():
            return _refusal(404, "NoSuchKey", "The specified key does not exist.")
        content = path.read_bytes()
        return web.Response(
            body=content, content_type="binary/octet-stream", headers={"ETag": _tag(content)}
        )

    async def _delete(self, request: web.Request) -> web.Response:
        path = self._path(request)
        if path is None:
            return _refusal(400, "InvalidRequest", "This twin does not know such names.")
        path.unlink(missing_ok=True)
        return web.Response(status=204)

    async def _list(self, request: web.Request) -> web.Response:
        bucket = request.match_info["bucket"]
        if request.query.get("list-type") != "2" or not _BUCKET.fullmatch(bucket):
            return _refusal(400, "InvalidRequest", "This twin knows ListObjectsV2 alone.")
        root = self._folder / bucket
        found = sorted(
            each.relative_to(root).as_posix()
            for each in root.rglob("*")
            if each.is_file() and not each.name.startswith(".")
        )
        prefix, after = request.query.get("prefix", ""), request.query.get("start-after", "")
        wanted = [each for each in found if each.startswith(prefix) and each > after]
        page = wanted[:_PAGE]
        rows = "".join(f"<Contents><Key>{escape(each)}</Key></Contents>" for each in page)
        more = "true" if len(wanted) > len(page) else "false"
        return _xml(
            200,
            f"<ListBucketResult><Name>{bucket}</Name><KeyCount>{len(page)}</KeyCount>"
            f"<IsTruncated>{more}</IsTruncated>{rows}</ListBucketResult>",
        )

    def _path(self, request: web.Request) -> Path | None:
        bucket, key = request.match_info["bucket"], request.match_info["key"]
        if not _BUCKET.fullmatch(bucket) or not _KEY.fullmatch(key):
            return None
        return self._folder / bucket / key


def _unmet(wanted: str | None, path: Path) -> web.Response | None:
    """The refusal of a replacement, where what it is to replace is not there."""
    if wanted is None:
        return None
    if not path.is_file():
        return _refusal(404, "NoSuchKey", "The specified key does not exist.")
    return None if _tag(path.read_bytes()) == wanted else _precondition_failed()


def _precondition_failed() -> web.Response:
    text = "At least one of the pre-conditions you specified did not hold"
    return _refusal(412, "PreconditionFailed", text)


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _refusal(status: int, code: str, message: str) -> web.Response:
    return _xml(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>")


def _xml(status: int, body: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
    return web.Response(status=status, text=text, content_type="application/xml")
