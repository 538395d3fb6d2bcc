"""The folder in which a platform keeps its data, and the lock that makes it its own."""

import errno
import fcntl
import os
import shutil
from pathlib import Path
from typing import IO

from local.services.confinement import remove_data_of_nobody
from local.services.errors import StartError
from local.services.leftovers import end_leftovers

VARIABLE = "HUB_STATE"
_LOCK = "running.lock"
_INSTALL_LOCKS = {"install.lock", "install.lock.folder"}
_BEFORE_THE_FIRST_RUN = {*_INSTALL_LOCKS, "logs"}


def state_folder(root: Path) -> Path:
    return Path(os.environ.get(VARIABLE) or root / ".hub").absolute()


class StateFolder:
    """Held from `take` until the process ends, however it ends: the kernel drops the lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    def take(self) -> None:
        """Raises StartError where another platform runs here, or where the folder is not Hub's.

        What lies in it is ours to change and, at `reset`, to remove: it is nobody's home.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            names = {each.name for each in self.path.iterdir()}
            if names - _BEFORE_THE_FIRST_RUN and _LOCK not in names:
                raise StartError(
                    f"the folder {self.path} is not empty, and nothing in it is Hub's",
                    f"set {VARIABLE} to a folder of its own",
                )
            self.path.chmod(0o700)
            if self.path.stat().st_mode & 0o077:
                raise PermissionError(errno.EPERM, "its file system does not keep permissions")
            lock = (self.path / _LOCK).open("a+")
        except OSError as error:
            raise StartError(
                f"the folder {self.path} cannot be used: {error.strerror}",
                f"set {VARIABLE} to a folder of yours",
            ) from error
        try:
            _hold(lock, self.path)
        except StartError:
            lock.close()
            raise
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def empty(self) -> None:
        """Throw everything away. The caller holds the folder."""
        end_leftovers(self.path / "postgres")
        for each in self.path.iterdir():
            if each.name in {_LOCK, *_INSTALL_LOCKS}:
                continue
            if each.name == "postgres" and each.is_symlink():
                remove_data_of_nobody(each)
            elif each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            else:
                each.unlink()


def _hold(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        raise StartError(
            f"the platform runs already on {folder} (process {holder})",
            f"use that one, end it with Ctrl-C, or set {VARIABLE} to another folder",
        ) from error
    except OSError as error:
        raise StartError(
            f"the file system of {folder} keeps no locks: {error.strerror}",
            f"set {VARIABLE} to a folder of yours on a local file system",
        ) from error
