"""The database of this machine's platform, for the verbs that look into it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from local.options import ROOT
from local.services.errors import StartError
from local.services.postgres import Postgres
from local.state import StateFolder, state_folder


class DatabaseUrls(NamedTuple):
    """As the application, and as the owner of the tables."""

    url: str
    owner_url: str


@contextmanager
def database() -> Iterator[DatabaseUrls]:
    """DATABASE_URL's, or the embedded one, started where it is not running.

    Raises StartError where there is none yet.
    """
    given = os.environ.get("DATABASE_URL", "")
    if given:
        yield DatabaseUrls(given, os.environ.get("MIGRATION_DATABASE_URL") or given)
        return
    folder = state_folder(ROOT)
    postgres = Postgres(folder)
    if postgres.running_url():
        yield DatabaseUrls(postgres.url, postgres.owner_url)
        return
    if not (folder / "postgres").exists():
        raise StartError(f"there is no database in {folder} yet", "./dev run makes one")
    held = StateFolder(folder)
    held.take()
    try:
        postgres.start()
        yield DatabaseUrls(postgres.url, postgres.owner_url)
    finally:
        postgres.stop()
        held.release()
