"""What a client may ask for, and the limits on it; the same on every protocol."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from hub.domain.kernel import InvalidInputError
from stream.board import EVERY_SYMBOL, Topic
from stream.updates import CHANNELS, QUOTES, Cursor, cursor

MAX_SYMBOLS = 1024
MAX_MESSAGE_BYTES = 64 * 1024
_CHANNELS = frozenset(CHANNELS)
_READ = json.JSONDecoder().decode
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9./-]{0,15}", re.ASCII)


class Wish(NamedTuple):
    """`after` is the place from which to go on."""

    topics: frozenset[Topic]
    after: Cursor | None = None


class Terms(NamedTuple):
    """What can be asked for. `symbols` are those that the market has; None: any."""

    symbols: Collection[str] | None = None

    def wish(self, request: Mapping[str, Any]) -> Wish:
        """Raises HubError."""
        symbols = _names(request, "symbols")
        channels = _names(request, "channels") if "channels" in request else [QUOTES]
        known = self.symbols or ()
        strangers = {each for each in symbols if each not in known} - {EVERY_SYMBOL}
        if not all(map(_SYMBOL.fullmatch, strangers)):
            raise InvalidInputError("a symbol is 1 to 16 capital letters, digits and . / -")
        if unknown := set(channels) - _CHANNELS:
            raise InvalidInputError(f"{_shown(unknown)}: a channel is one of {', '.join(CHANNELS)}")
        if strangers and self.symbols is not None:
            raise InvalidInputError(f"not known: {_shown(strangers)}", code="unknown_symbol")
        topics = frozenset((channel, symbol) for channel in channels for symbol in symbols)
        return Wish(topics, _after(request))


def check_count(topics: Collection[Topic]) -> None:
    """Raises HubError."""
    if len({symbol for _, symbol in topics}) > MAX_SYMBOLS:
        raise InvalidInputError(f"at most {MAX_SYMBOLS} symbols", code="too_many_symbols")


def parsed(text: str) -> dict[str, Any]:
    """Raises HubError."""
    try:
        request = _READ(text)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise InvalidInputError("a message is one JSON object, as text", code="malformed_json")
    return request


def _names(request: Mapping[str, Any], name: str) -> list[str]:
    names = request.get(name)
    if not isinstance(names, list) or not names or not all(isinstance(each, str) for each in names):
        example = '["AAPL"] or ["*"]' if name == "symbols" else f'["{QUOTES}"]'
        raise InvalidInputError(f"{name} is a list such as {example}")
    return names


def _after(request: Mapping[str, Any]) -> Cursor | None:
    text = request.get("resume")
    if text is None:
        return None
    try:
        return cursor(str(text))
    except ValueError as error:
        raise InvalidInputError("resume is the cursor of the last message received") from error


def _shown(names: Collection[str]) -> str:
    return ", ".join(sorted(name[:16] for name in names)[:5])
