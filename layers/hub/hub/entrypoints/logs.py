"""One JSON line per log record, on standard output, as CloudWatch wants it: without secrets."""

import json
import logging
import re
from typing import Any

from aws_lambda_powertools import Logger

# What opens something, or names somebody, wherever it stands in a line.
_SECRETS = (
    (re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"\$argon2[a-z]*\$[^\s\"\\]+"), "[password hash]"),
    (re.compile(r"(?<=://)[^\s/:@\"]+:[^\s/@\"]+(?=@)"), "[login]"),
    (re.compile(r"(?<![\w-])(hk_)?[A-Za-z0-9_-]{43}(?![\w-])"), "[secret]"),
    (re.compile(r"[^\s@\"'<>()\[\]{}:,;=\\]+@[\w-]+(\.[\w-]+)+"), "[address]"),
    (re.compile(r"\+[1-9][0-9]{6,14}(?![0-9])"), "[phone]"),
    (re.compile(r"(?s)-----BEGIN [A-Z ]*KEY-----.*?(-----END [A-Z ]*KEY-----|$)"), "[key]"),
    (
        re.compile(
            r"""(?i)((?:password|secret|token)\w*["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,}]+)"""
        ),
        r"\1[hidden]",
    ),
)


def scrubbed(text: str) -> str:
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _line(record: dict[str, Any]) -> str:
    return json.dumps({name: _clean(value) for name, value in record.items()}, default=str)


def _clean(value: Any) -> Any:
    return value if isinstance(value, int | float | None) else scrubbed(str(value))


logger = Logger(
    service="hub", log_record_order=["level", "message", "timestamp"], json_serializer=_line
)


def _share_with_the_package() -> None:
    """Modules of the package log by their names; their records come out in the same form."""
    package = logging.getLogger("hub")
    package.handlers = logger.handlers
    package.setLevel(logging.INFO)
    package.propagate = False


_share_with_the_package()
