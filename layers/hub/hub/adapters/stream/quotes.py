"""Live quotes from the stream task by gRPC, for when Redis has none.

A call takes half a second at most, whatever happens; UNAVAILABLE is tried again within that. After
three failures in a row nobody calls for five seconds, then one does, and what it meets decides.
Whoever gets no quote here goes on without: this never raises.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub.adapters.stream.messages import quotes_of, request_bytes
from hub.domain.market.quote import Quote

if TYPE_CHECKING:
    from grpc import Channel

logger = logging.getLogger(__name__)

_METHOD = "/hub.market.v1.MarketData/GetMarketData"
_SECONDS = 0.5
_FAILURES = 3
_REST_SECONDS = 5.0
_RETRIES = {
    "methodConfig": [
        {
            "name": [{"service": "hub.market.v1.MarketData"}],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.02s",
                "maxBackoff": "0.1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


class StreamQuotes:
    """`url` is grpc://host:port, or grpcs:// for TLS; empty where there is no stream task to ask.

    `token` is the access token of whoever asks; the stream task answers nobody without one.
    """

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self._url = url
        self._token = token
        self._channel: Channel | None = None
        self._failures = 0
        self._again_at = 0.0

    def at(self, symbols: Sequence[str], _moment: datetime) -> Mapping[str, Quote]:
        """The live quotes that are to be had."""
        token = self._token()
        if not self._url or not token or monotonic() < self._again_at:
            return {}
        from grpc import RpcError, StatusCode  # noqa: PLC0415  # 100 ms that few requests pay

        until = monotonic() + _SECONDS
        try:
            found = self._ask(symbols, token, until)
        except RpcError as error:
            code = error.code() if hasattr(error, "code") else StatusCode.UNKNOWN
            logger.warning("the stream task gives no quotes: %s", code.name)
            if code not in {StatusCode.NOT_FOUND, StatusCode.UNAUTHENTICATED}:
                self._failed()
            return {}
        self._failures = 0
        return {quote.symbol: quote for quote in found}

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _ask(self, symbols: Sequence[str], token: str, until: float) -> list[Quote]:
        """Raises RpcError. One symbol without a quote spoils the answer: then each alone."""
        from grpc import RpcError, StatusCode  # noqa: PLC0415  # see `at`

        try:
            return self._call(symbols, token, until)
        except RpcError as error:
            if len(symbols) == 1 or error.code() is not StatusCode.NOT_FOUND:
                raise
        found: list[Quote] = []
        for symbol in symbols:
            try:
                found += self._call([symbol], token, until)
            except RpcError as error:
                if error.code() is not StatusCode.NOT_FOUND:
                    raise
        return found

    def _call(self, symbols: Sequence[str], token: str, until: float) -> list[Quote]:
        method = self._open().unary_unary(
            _METHOD, request_serializer=request_bytes, response_deserializer=quotes_of
        )
        found: list[Quote] = method(
            symbols,
            metadata=[("authorization", f"Bearer {token}")],
            timeout=max(until - monotonic(), 0.001),
        )
        return found

    def _open(self) -> Any:
        if self._channel is None:
            import grpc  # noqa: PLC0415  # see `at`

            url = urlsplit(self._url)
            options = [("grpc.service_config", json.dumps(_RETRIES)), ("grpc.enable_retries", 1)]
            if url.scheme == "grpcs":
                secure = grpc.ssl_channel_credentials()
                self._channel = grpc.secure_channel(url.netloc, secure, options)
            else:
                self._channel = grpc.insecure_channel(url.netloc, options)
        return self._channel

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= _FAILURES:
            self._again_at = monotonic() + _REST_SECONDS
