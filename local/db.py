"""`./dev db migrate|seed`: prepare a database of one's own, named by DATABASE_URL."""

import os
from collections.abc import Sequence

from hub.adapters.postgres.migrations.upgrade import upgrade
from hub.adapters.postgres.seed import seed
from local.options import ROOT
from local.progress import say
from local.services.errors import StartError


def db(words: Sequence[str]) -> int:
    """Raises StartError where no database is named."""
    url = os.environ.get("MIGRATION_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if not url:
        raise StartError("no database is named", "set DATABASE_URL; ./dev run needs none of this")
    if list(words) == ["migrate"]:
        say(f"At revision {upgrade(url)}.\n  -> ./dev db seed fills in the reference data")
    elif list(words) == ["seed"]:
        seed(url, ROOT / "data")
        say("Instruments, sessions and daily bars are there.")
    else:
        raise StartError("db migrates or seeds", "./dev db migrate, then ./dev db seed")
    return 0
