"""Run at each deployment: bring the database to the newest revision."""

from collections.abc import Mapping
from typing import Any

from hub.bootstrap import hub
from hub.entrypoints.logs import logger


def handler(_event: Mapping[str, Any], _context: Any) -> dict[str, str]:
    revision = hub().migrate()
    logger.info("migrated", revision=revision)
    return {"revision": revision}
