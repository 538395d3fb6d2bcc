"""Packages of Node for clients of the stream: installed once for each lock."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from tests.stream.servers import ROOT

CLIENTS = Path(__file__).parent / "node"


def installed() -> Mapping[str, str]:
    """The environment in which node finds them."""
    assert shutil.which("npm"), "npm is not there; on Debian: apt install nodejs npm"
    lock = (CLIENTS / "package-lock.json").read_bytes()
    folder = ROOT / ".hub" / "npm" / sha256(lock).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "guard").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(CLIENTS / name, folder / name)
            install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=100)
            (folder / "installed").touch()
    return {"NODE_PATH": str(folder / "node_modules"), "PATH": os.environ["PATH"]}
