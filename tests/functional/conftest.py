"""Handlers on a real database, called by the gateway's events."""

import pytest

from tests.fixtures.requests import Front
from tests.fixtures.worlds import Customer, World


@pytest.fixture
def front(world: World) -> Front:
    return Front(world)


@pytest.fixture(scope="module")
def shared_front(shared_world: World) -> Front:
    """For requests that change nothing."""
    shared_world.quote("AAPL", "100", "100.02")
    return Front(shared_world)


@pytest.fixture(scope="module")
def rich(shared_world: World) -> Customer:
    return shared_world.customer("10000")
