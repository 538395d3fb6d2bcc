"""The official gRPC client of Node, unmodified, at either server."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.stream.grpc_house import SERVERS, GrpcHouse, grpc_house
from tests.stream.house import quote
from tests.stream.npm import CLIENTS, installed
from tests.stream.servers import ROOT, TOKEN

pytestmark = pytest.mark.index

PROTO = ROOT / "protos" / "hub" / "market" / "v1" / "market_data.proto"


@pytest.fixture(scope="session")
def packages() -> Mapping[str, str]:
    return installed()


async def talked(house: GrpcHouse, packages: Mapping[str, str]) -> dict[str, Any]:
    """What the client found, while quotes come."""
    address = f"127.0.0.1:{house.calls.port}"
    node = await asyncio.create_subprocess_exec(
        *("node", str(CLIENTS / "grpc.js"), address, str(PROTO), TOKEN),
        env=packages,
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
async def test_a_client_of_node_is_served(packages: Mapping[str, str], server: str):
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
