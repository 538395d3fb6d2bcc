"""Real servers, started and killed: one initialised cluster is copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.services.postgres import Postgres
from tests.fixtures.services import database_template, postgres_server, redis_url, servers, test_run

__all__ = ["database_template", "postgres_server", "redis_url", "servers", "test_run"]


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("initialised") / "state"
    server = Postgres(folder, durable=False)
    server.start()
    server.stop()
    (folder / "ports.json").unlink()
    (folder / "running.lock").touch()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def state(initialised: Path, tmp_path: Path) -> Iterator[Path]:
    """A state folder with a database in it, at a path with a space."""
    folder = tmp_path / "a state"
    shutil.copytree(initialised, folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(state: Path) -> Iterator[Postgres]:
    server = Postgres(state, durable=False)
    server.start()
    yield server
    server.stop()
