"""The stream task with a verifier that knows one token, of as many customers as are named."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

from hub.application.ports.identity import Identity
from hub.domain.kernel import CustomerId, InstrumentId, UnauthenticatedError
from hub.domain.market.instrument import Instrument
from stream.logs import log_to_stdout
from stream.server import run
from stream.settings import read_settings
from tests.stream.servers import TOKEN


def verify(token: str) -> Identity:
    """`TOKEN`, or `TOKEN/<customer>`, or `TOKEN/<customer>/<seconds that it lasts>`."""
    first, customer, life, *_ = [*token.split("/"), *("one", "600")[token.count("/") :]]
    if first != TOKEN:
        raise UnauthenticatedError("the token is not valid")
    expires_at = datetime.now(UTC) + timedelta(seconds=float(life))
    return Identity(CustomerId(customer), "session", "customer", expires_at)


async def find_instrument(symbol: str) -> Instrument | None:
    if symbol != "AAPL":
        return None
    return Instrument(InstrumentId("1"), "AAPL", "Apple", "stock", "XNYS", "USD")


if __name__ == "__main__":
    log_to_stdout()
    asyncio.run(run(read_settings(os.environ), verify, find_instrument))
