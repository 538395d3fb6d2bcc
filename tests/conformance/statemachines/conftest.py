from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.statemachines.lab import Lab


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    opened = Lab()
    yield opened
    await opened.engine.close()


@pytest.fixture
async def durable(tmp_path: Path) -> AsyncIterator[Lab]:
    opened = Lab(tmp_path / "journal.sqlite")
    yield opened
    await opened.engine.close()
