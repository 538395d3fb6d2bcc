"""What a library would write into the log of what clients send: their words may be secrets."""

import logging

from aiohttp.http_exceptions import HttpProcessingError


class Discretion(logging.Filter):
    """Of a request that cannot be read only that there was one; of subprotocols, where a client
    may show its token, nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "aiohttp.websocket":
            return False
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.exc_info, record.exc_text = None, None
        return True
