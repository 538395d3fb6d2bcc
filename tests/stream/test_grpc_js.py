"""The official gRPC client of Node, unmodified, at either server."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.stream.grpc_house import SERVERS, GrpcHouse, grpc_house
from tests.stream.house import quote
from tests.stream.servers import ROOT, TOKEN

pytestmark = pytest.mark.index

CLIENT = Path(__file__).parent / "grpc_js"
PROTO = ROOT / "protos" / "hub" / "market" / "v1" / "market_data.proto"


@pytest.fixture(scope="session")
def packages() -> Path:
    """The client's packages, installed once for each lock."""
    assert shutil.which("npm"), "npm is not there; on Debian: apt install nodejs npm"
    lock = (CLIENT / "package-lock.json").read_bytes()
    folder = ROOT / ".hub" / "npm" / sha256(lock).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "guard").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(CLIENT / name, folder / name)
            install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=100)
            (folder / "installed").touch()
    return folder / "node_modules"


async def talked(house: GrpcHouse, packages: Path) -> dict[str, Any]:
    """What the client found, while quotes come."""
    address = f"127.0.0.1:{house.calls.port}"
    node = await asyncio.create_subprocess_exec(
        *("node", str(CLIENT / "client.js"), address, str(PROTO), TOKEN),
        env={"NODE_PATH": str(packages), "PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
    )
    ended = asyncio.ensure_future(node.communicate())
    async with asyncio.timeout(60):
        while not ended.done():
            house.tell(quote(), quote("MSFT"))
            await asyncio.wait([ended], timeout=0.01)
    assert node.returncode == 0
    return dict(json.loads(ended.result()[0]))


@pytest.mark.parametrize("server", SERVERS)
async def test_a_client_of_node_is_served(packages: Path, server: str):
    async with grpc_house(server, most=400) as house:
        house.tell(quote(), quote("MSFT"))
        found = await talked(house, packages)
    sequence = found.pop("sequence")

    assert sequence == list(range(sequence[0], sequence[0] + len(sequence)))
    assert found == {
        "known": {"symbols": ["MSFT", "AAPL"]},
        "packed": {"symbols": ["AAPL"]},
        "unknown": {"code": 5, "hub": "not_found"},
        "stranger": {"code": 16, "hub": "unauthenticated"},
        "conversation": [["AAPL"], ["AAPL", "MSFT"], ["MSFT"]],
        "late": 4,
        "storm": 300,
    }
