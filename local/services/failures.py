"""What PostgreSQL says when it does not start, put as one line of what happened and one remedy."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from local.services.errors import PortTakenError, StartError

_LEAST_FREE_BYTES = 300 * 1024 * 1024
_NO_SPACE = os.strerror(errno.ENOSPC)


def demand_space(folder: Path) -> None:
    """Raises StartError where a new database would not fit."""
    if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
        raise disk_full(folder)


def explained(words: str, folder: Path) -> StartError:
    """`words` are the last of its log, `folder` the one that holds its data."""
    for signs, explain in _KNOWN:
        if any(sign in words for sign in signs):
            return explain(folder)
    return StartError(
        f"PostgreSQL did not start: {' '.join(words.split())[-400:]}",
        f"look into {folder / 'postgres.log'}; `./dev reset` begins with an empty database",
    )


def disk_full(folder: Path) -> StartError:
    return StartError(
        f"the disk under {folder} is full",
        "free some space (300 MB will do), or set HUB_STATE to a folder on another disk",
    )


def _memory_full(_folder: Path) -> StartError:
    return StartError(
        "the shared memory of this machine (/dev/shm) is too small",
        "enlarge it (in a container: --shm-size=256m), or set DATABASE_URL to a PostgreSQL",
    )


def _permissions(folder: Path) -> StartError:
    return StartError(
        f"the file system of {folder} does not keep owners and permissions",
        "set HUB_STATE to a folder of yours on a local file system",
    )


def _other_version(folder: Path) -> StartError:
    return StartError(
        f"the data in {folder} are those of another version of PostgreSQL",
        "`./dev reset` begins with an empty database, or install the version they were made with",
    )


def _port_taken(_folder: Path) -> StartError:
    return PortTakenError(
        "the port that PostgreSQL had is taken by another program",
        "end that program, or start again: a free port is chosen then",
    )


def _password_lost(folder: Path) -> StartError:
    return StartError(
        f"{folder / 'hub.password'} is not the password of this database",
        "put the file back, or `./dev reset` begins with an empty database",
    )


_KNOWN: tuple[tuple[tuple[str, ...], Callable[[Path], StartError]], ...] = (
    (("shared memory segment",), _memory_full),
    ((_NO_SPACE,), disk_full),
    (("database files are incompatible", "incompatible with server"), _other_version),
    (("could not bind", "could not create any TCP/IP sockets"), _port_taken),
    (("password authentication failed",), _password_lost),
    (
        (
            "could not change permissions",
            "invalid permissions",
            "wrong ownership",
            os.strerror(errno.EACCES),
            os.strerror(errno.EPERM),
            os.strerror(errno.EROFS),
        ),
        _permissions,
    ),
)
