"""The folder in which a platform keeps its data, and the lock that makes it its own."""

import fcntl
import os
import shutil
from pathlib import Path
from typing import IO

from local.services.errors import StartError

VARIABLE = "HUB_STATE"


def state_folder(root: Path) -> Path:
    return Path(os.environ.get(VARIABLE) or root / ".hub").absolute()


class StateFolder:
    """Held from `take` until the process ends, however it ends: the kernel drops the lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    def take(self) -> None:
        """Raises StartError where another platform runs on this folder."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            lock = (self.path / "running.lock").open("a+")
        except OSError as error:
            raise StartError(
                f"the folder {self.path} cannot be used: {error.strerror}",
                f"set {VARIABLE} to a folder of yours",
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise StartError(
                f"the platform runs already on {self.path} (process {holder})",
                f"use that one, end it with Ctrl-C, or set {VARIABLE} to another folder",
            ) from error
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
        for each in self.path.iterdir():
            if each.name in {"running.lock", "install.lock"}:
                continue
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            else:
                each.unlink()
