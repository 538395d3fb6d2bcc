"""Real servers for the stream's tests."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import psycopg
import pytest

from tests.stream.servers import Postgres, StreamTask, Valkey

StartTask = Callable[..., Awaitable[StreamTask]]


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    server.create()
    yield server
    server.stop()


@pytest.fixture
def postgres(postgres_server: Postgres) -> Postgres:
    with psycopg.connect(postgres_server.url) as connection:
        connection.execute("DELETE FROM market_clock")
    return postgres_server


@pytest.fixture
async def start_task(valkey: Valkey, postgres: Postgres) -> AsyncIterator[StartTask]:
    started: list[StreamTask] = []

    async def start(**settings: str) -> StreamTask:
        task = await StreamTask.start(valkey.url, postgres.url, **settings)
        started.append(task)
        return task

    yield start
    for task in started:
        await task.stop()
