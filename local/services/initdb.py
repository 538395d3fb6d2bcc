"""Makes a new database cluster, whole or not at all."""

import os
import shutil
import subprocess
from pathlib import Path

from local.services.confinement import Confinement
from local.services.failures import demand_space, explained
from local.services.roles import OWNER


def initialise(
    data: Path, programs: Path, confined: Confinement, password: str, *, durable: bool
) -> None:
    """An interrupted one leaves no `data`, and the next begins anew. Raises StartError."""
    demand_space(data.parent)
    data = data.resolve()
    fresh = data.with_name(data.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    secret = _secret(fresh.with_name("password.new"), password, confined.user)
    words = [
        *confined.prefix,
        str(programs / "initdb"),
        f"--pgdata={fresh}",
        f"--username={OWNER}",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
    ]
    if not durable:
        words.append("--no-sync")
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        cwd="/",
        user=confined.user,
        group=confined.user,
        extra_groups=None if confined.user is None else [],
    )
    secret.unlink()
    if done.returncode:
        raise explained(done.stderr, data.parent)
    fresh.rename(data)


def environment() -> dict[str, str]:
    """Ours, without what would change the language, the locale or the defaults of PostgreSQL."""
    ours = {name: text for name, text in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**ours, "LC_ALL": "C", "LANG": "C"}


def _secret(file: Path, text: str, owner: int | None) -> Path:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text)
    if owner is not None:
        os.chown(file, owner, owner)
    return file
