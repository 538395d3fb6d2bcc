"""`python -m stream`: the market-data task."""

import asyncio
import os
import sys
from functools import partial

from hub.adapters.tokens import verify
from hub.bootstrap import Hub
from hub.settings import read_settings as read_hub_settings
from stream.api_keys import Keys
from stream.counts import Counts
from stream.duties import Duties
from stream.instruments import KnownInstruments
from stream.leader import Observers
from stream.logs import log_to_stdout
from stream.server import run
from stream.settings import SettingsError, read_settings


def main() -> int:
    log_to_stdout()
    try:
        settings = read_settings(os.environ)
        hub = Hub(read_hub_settings())
        # A script must find every order that came to rest before its next step.
        refresh_seconds = 0.0 if settings.feed == "scripted" else 0.2
        counts = Counts()
        duties = Duties(
            hub.watch_resting_orders, hub.sweep_outbox, counts, refresh_seconds=refresh_seconds
        )
        verifier = partial(verify, verifying_keys=settings.verifying_keys)
        observers = Observers(
            quotes=[duties.observe],
            trades=[duties.observe_trade],
            settled=[duties.settled],
            batches=[duties.batch_passed],
        )
        # A connection of its own: that of the duties is in use by another thread.
        find_instrument = KnownInstruments(Hub(read_hub_settings()).instruments.find)
        # And another one, for who comes with a key.
        people = Hub(read_hub_settings())
        keys = Keys(people.authorize, people.find_live_keys)
        asyncio.run(run(settings, verifier, find_instrument, observers, counts, keys=keys))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
