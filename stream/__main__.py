"""`python -m stream`: the market-data task."""

import asyncio
import os
import sys
from functools import partial

from hub.adapters.tokens import verify
from stream.logs import log_to_stdout
from stream.server import run
from stream.settings import SettingsError, read_settings


def main() -> int:
    log_to_stdout()
    try:
        settings = read_settings(os.environ)
        asyncio.run(run(settings, partial(verify, verifying_keys=settings.verifying_keys)))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
