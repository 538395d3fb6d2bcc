"""Reads a request's body: JSON, small, flat, with every number exact; and names what is wrong."""

import json
from base64 import b64decode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from hub.domain.kernel import Fault, InvalidInputError
from hub.entrypoints.errors import PayloadTooLargeError, UnsupportedMediaTypeError

MAX_BYTES = 64 * 1024
_MAX_BRACKETS = 1000
_SURROGATES = range(0xD800, 0xE000)


def malformed(message: str) -> InvalidInputError:
    return InvalidInputError(
        message, code="malformed_json", faults=(Fault("body", "json", message),)
    )


def read_json(event: Mapping[str, Any], content_type: str) -> Any:
    """The parsed body. Raises InvalidInputError, whatever the bytes are."""
    raw = _bytes(event)
    if len(raw) > MAX_BYTES:
        raise PayloadTooLargeError(
            f"a body has at most {MAX_BYTES} bytes",
            faults=(Fault("body", "max_bytes", f"at most {MAX_BYTES} bytes"),),
        )
    if not raw.strip():
        raise malformed("a JSON body is wanted")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        message = "the Content-Type must be application/json"
        raise UnsupportedMediaTypeError(
            message, faults=(Fault("content-type", "media_type", message),)
        )
    if raw.count(b"[") + raw.count(b"{") > _MAX_BRACKETS:
        raise malformed("the body is nested too deeply")
    try:
        body = json.loads(
            raw.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_duplicates,
        )
        # Within the same net: what the parser still takes may be too deep to walk through.
        _check_texts(body)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise malformed("the body is not JSON") from error
    return body


def _bytes(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise malformed("the body is not base64") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        raise ValueError("a name stands twice")
    return parsed


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        check_text(value, "body")
    elif isinstance(value, list):
        for each in value:
            _check_texts(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            _check_texts(name)
            _check_texts(each)


def check_text(text: str, field: str) -> None:
    """Refuse what no database stores: NUL, and half of a surrogate pair."""
    if any(letter == "\x00" or ord(letter) in _SURROGATES for letter in text):
        message = "the text has a character that cannot be stored"
        raise InvalidInputError(message, faults=(Fault(field, "characters", message),))


def faults_of(error: ValidationError, whole: str, prefix: str = "") -> list[Fault]:
    """By field, below `prefix`; what is wrong with everything is wrong with `whole`."""
    return [
        Fault(_field(prefix, each["loc"]) or whole, each["type"], each["msg"])
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _field(prefix: str, location: tuple[int | str, ...]) -> str:
    named = [prefix] if prefix else []
    return ".".join([*named, *(str(part) for part in location)])
