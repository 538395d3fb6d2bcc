"""Turns the answer of a proxy function into an HTTP response, or refuses it as malformed."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from local.api.gateway import Refused

_OURS = {"connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "trailer"}


def response(answer: bytes) -> web.Response:
    """Raises Refused (502) as API Gateway does when the answer is not a proxy answer."""
    try:
        return _response(json.loads(answer))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise malformed() from error


def malformed() -> Refused:
    return Refused("DEFAULT_5XX", status=502)


def _response(answer: dict[str, Any]) -> web.Response:
    status = int(answer["statusCode"])
    if not 200 <= status <= 599:
        raise ValueError(status)
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in _headers(answer):
        if name.lower() not in _OURS:
            headers.add(_line(name), _line(value))
    headers.setdefault("Content-Type", "application/json")
    return web.Response(status=status, headers=headers, body=_body(answer))


def _headers(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    multiple = answer.get("multiValueHeaders") or {}
    names = {name.lower() for name in multiple}
    for name, value in (answer.get("headers") or {}).items():
        if name.lower() not in names:
            yield name, _text(value)
    for name, values in multiple.items():
        for value in values:
            yield name, _text(value)


def _body(answer: dict[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise TypeError(type(body))
    if answer.get("isBase64Encoded"):
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise ValueError(body[:20]) from error
    return body.encode()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(type(value))


def _line(text: str) -> str:
    if any(character in text for character in "\r\n\0"):
        raise ValueError(text)
    return text
