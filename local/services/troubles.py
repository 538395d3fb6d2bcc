"""What PostgreSQL says when it cannot serve, with a remedy for each case that is known."""

import errno
import os
from pathlib import Path

import psycopg

from local.services.errors import StartError

LOWEST_VERSION = 15


def disk_full(folder: Path) -> StartError:
    return StartError(
        f"the disk under {folder} is full",
        "free some space (300 MB will do), or set HUB_STATE to a folder on another disk",
    )


def explained(words: str, folder: Path) -> StartError:
    """PostgreSQL's own words, with a remedy where we know one."""
    if os.strerror(errno.ENOSPC) in words:
        return disk_full(folder)
    if "error while loading shared libraries" in words or "Exec format error" in words:
        return StartError(
            f"the PostgreSQL of the wheel does not run here: {words.strip()[-200:]}",
            "apt install postgresql, or set DATABASE_URL to one that runs",
        )
    if "could not change permissions" in words or "invalid permissions" in words:
        return StartError(
            f"the file system of {folder} does not keep permissions",
            "set HUB_STATE to a folder on a local file system",
        )
    return StartError(
        f"PostgreSQL did not start: {words.strip()[-400:]}",
        f"look into {folder / 'postgres.log'}; `./dev reset` begins with an empty database",
    )


def check_version(url: str) -> None:
    """Raises StartError where DATABASE_URL leads to nothing we can use."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise StartError(
            "DATABASE_URL is no PostgreSQL URL",
            "it looks like postgresql://user:password@host:5432/database",
        )
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        raise StartError(
            f"DATABASE_URL: {str(error).strip().splitlines()[0]}",
            "start that PostgreSQL, or unset DATABASE_URL to use the embedded one",
        ) from error
    if version < LOWEST_VERSION * 10_000:
        raise StartError(
            f"DATABASE_URL leads to PostgreSQL {version // 10_000}",
            f"version {LOWEST_VERSION} or newer is needed; unset it to use the embedded one",
        )
