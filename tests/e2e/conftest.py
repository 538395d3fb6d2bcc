"""One platform for the tests that only talk to it; those that end platforms start their own."""

import pytest

from tests.e2e.leaks import leaks
from tests.e2e.platforms import Customer, Platform


def pytest_collection_modifyitems(items):
    """One worker runs them all: platforms beside one another would measure each other."""
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("platform"))


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    """Market time runs slowly enough for the market to stay open."""
    folder = tmp_path_factory.mktemp("shared platform") / "state"
    platform = Platform(folder, "--speed", "20", "--no-demo")
    platform.start()
    yield platform
    code = platform.end()
    platform.discard()
    assert leaks(platform.folder, platform.output, platform.canaries) == []
    assert (code, platform.said.splitlines()[-1]) == (0, "Ended; the data is kept.")


@pytest.fixture
def own(tmp_path):
    """A platform for the test to start and to end."""
    platform = Platform(tmp_path / "own platform" / "state", "--no-demo")
    yield platform
    platform.discard()


@pytest.fixture(scope="session")
def rich(platform):
    """A customer with cash and ten shares."""
    customer = Customer(platform.api_port, cash="100000.00")
    bought = customer.order(quantity="10")
    assert customer.ended(bought.body["order_id"])["status"] == "EXECUTED"
    return customer


@pytest.fixture
def customer(platform):
    return Customer(platform.api_port, cash="10000.00")
