"""The stream task with a verifier that knows one token."""

import asyncio
import os

from hub.domain.kernel import UnauthenticatedError
from stream.logs import log_to_stdout
from stream.server import run
from stream.settings import read_settings
from tests.stream.servers import TOKEN


def verify(token: str) -> str:
    if token != TOKEN:
        raise UnauthenticatedError("the token is not valid")
    return "a customer"


if __name__ == "__main__":
    log_to_stdout()
    asyncio.run(run(read_settings(os.environ), verify))
