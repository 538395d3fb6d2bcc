"""`python -m stream`: the market-data task."""

import asyncio
import os
import sys
from typing import NoReturn

from hub.domain.kernel import UnauthenticatedError
from stream.logs import log_to_stdout
from stream.server import run
from stream.settings import SettingsError, read_settings


def refuse(_token: str) -> NoReturn:
    """Lets nobody in: the verifier of access tokens takes this place."""
    raise UnauthenticatedError("this task has no verifier of tokens")


def main() -> int:
    log_to_stdout()
    try:
        asyncio.run(run(read_settings(os.environ), refuse))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
