"""PostgreSQL refuses to run as root, or as a user without a name. There it runs as nobody.

In a user namespace it sees itself as nobody while the kernel lets it into our folders: nothing is
copied and no permission changed. Where namespaces are refused, as in most containers, it becomes
nobody in earnest, with data and programs in a folder of its own that nobody can reach.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from local.services.errors import StartError

NOBODY = 65534
_NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
_OPEN_TO_ALL = Path("/var/tmp")  # noqa: S108  # outlives a restart; the folder in it is our own
_PREFIX = "hub-postgres-"


class Confinement(NamedTuple):
    """What stands before a command, and the user that runs it where that is not ours."""

    prefix: tuple[str, ...] = ()
    user: int | None = None


def confinement() -> Confinement:
    """Raises StartError where PostgreSQL can be kept from being root in no way."""
    root = os.geteuid() == 0
    if not root and _has_name(os.geteuid()):
        return Confinement()
    if _succeeds([*_NAMESPACE, "true"], None):
        return Confinement(prefix=_NAMESPACE)
    if not root:
        raise StartError(
            f"PostgreSQL wants a user with a name, and number {os.geteuid()} has none here",
            "add it to /etc/passwd, run as another user, or set DATABASE_URL to a PostgreSQL",
        )
    if _succeeds(["true"], NOBODY):
        return Confinement(user=NOBODY)
    raise StartError(
        "PostgreSQL refuses to run as root, and this machine lets root become nobody else",
        "run as another user, or set DATABASE_URL to a PostgreSQL that runs",
    )


def data_of_nobody(link: Path) -> Path:
    """Where nobody keeps the data to which `link` leads; the folder around it is nobody's own."""
    if not link.is_symlink():
        home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_OPEN_TO_ALL))
        os.chown(home, NOBODY, NOBODY)
        link.symlink_to(home / "data")
    return link.resolve()


def remove_data_of_nobody(link: Path) -> None:
    home = link.resolve().parent
    if home.parent == _OPEN_TO_ALL.resolve() and home.name.startswith(_PREFIX) and home.exists():
        shutil.rmtree(home)
    link.unlink()


def reachable_programs(programs: Path, home: Path) -> Path:
    """`programs`, or a copy of them in `home` where nobody cannot reach them."""
    if _succeeds([str(programs / "postgres"), "--version"], NOBODY):
        return programs
    # The wheel's programs find their libraries beside their package: both are copied.
    install, package = programs.parent, programs.parent.parent
    libraries = package.with_name(package.name + ".libs")
    copied = home / "programs" / package.name / install.name / "bin"
    stamp, source = home / "programs" / "copied-from", f"{programs} {programs.stat().st_mtime_ns}"
    if not stamp.exists() or stamp.read_text() != source:
        shutil.rmtree(home / "programs", ignore_errors=True)
        shutil.copytree(install, copied.parent, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, home / "programs" / libraries.name)
        stamp.write_text(source)
    if not _succeeds([str(copied / "postgres"), "--version"], NOBODY):
        raise StartError(
            f"PostgreSQL at {programs} cannot be used by the user nobody",
            "apt install postgresql, run as another user, or set DATABASE_URL to one that runs",
        )
    return copied


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _succeeds(command: list[str], user: int | None) -> bool:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd="/",
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    except OSError:
        return False
    return done.returncode == 0
