from collections.abc import AsyncIterator

import pytest

from tests.conformance.statemachines.lab import Lab


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    opened = Lab()
    yield opened
    await opened.engine.close()
