"""The migrations make the tables that the statements are built from, and every statement plans."""

from collections.abc import Iterator
from importlib import import_module

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from hub.adapters.postgres import compiled
from hub.adapters.postgres.migrations.upgrade import configuration, sqlalchemy_url, upgrade
from hub.adapters.postgres.seed import LISTINGS, seed
from hub.adapters.postgres.tables import metadata
from tests.fixtures.databases import ROOT, Databases, DatabaseUrls

STATEMENTS = {
    name: text for name, text in vars(compiled).items() if name.isupper() and isinstance(text, str)
}


@pytest.fixture
def empty(databases: Databases) -> Iterator[DatabaseUrls]:
    with databases.copy("template0") as urls:
        yield urls


def connected(url: str) -> Connection:
    return create_engine(sqlalchemy_url(url), poolclass=NullPool).connect()


def differences(url: str) -> list[object]:
    with connected(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))


def test_migrating_from_nothing_makes_the_tables_of_the_code(empty: DatabaseUrls):
    assert upgrade(empty.owner) == upgrade(empty.owner)
    assert differences(empty.owner) == []


def test_the_comparison_would_see_a_drift(database_urls: DatabaseUrls):
    with psycopg.connect(database_urls.owner) as connection:
        connection.execute("ALTER TABLE orders DROP COLUMN reason")
    assert len(differences(database_urls.owner)) == 1


def test_checks_of_the_database_are_those_of_the_code(database_urls: DatabaseUrls):
    wanted = {
        constraint.name
        for table in metadata.tables.values()
        for constraint in table.constraints
        if constraint.name
    }
    with psycopg.connect(database_urls.owner) as connection:
        rows = connection.execute(
            "SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
            " AND contype IN ('c', 'p', 'u', 'f') AND conrelid::regclass::text <> 'alembic_version'"
        ).fetchall()
    assert {row[0] for row in rows} == wanted


def test_the_newest_revision_can_be_taken_back_and_applied_again(database_urls: DatabaseUrls):
    with connected(database_urls.owner) as connection:
        command.downgrade(configuration(connection), "-1")
        connection.commit()
    upgrade(database_urls.owner)
    assert differences(database_urls.owner) == []
    with (
        psycopg.connect(database_urls.owner) as owner,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        owner.execute("DELETE FROM executions")


def test_everything_can_be_taken_back(database_urls: DatabaseUrls):
    with connected(database_urls.owner) as connection:
        command.downgrade(configuration(connection), "base")
        connection.commit()
    with psycopg.connect(database_urls.owner) as owner:
        rows = owner.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
    assert rows == [("alembic_version",)]


def test_the_application_may_not_touch_the_schema(database_urls: DatabaseUrls):
    with psycopg.connect(database_urls.app) as connection:
        for forbidden in (
            "CREATE TABLE mine (id int)",
            "DROP TABLE orders",
            "UPDATE alembic_version SET version_num = '0'",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())
            connection.rollback()


def test_the_application_sees_every_table(database_urls: DatabaseUrls):
    with psycopg.connect(database_urls.app) as connection:
        for table in metadata.tables:
            connection.execute(f"SELECT FROM {table} LIMIT 1".encode())


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_plans(databases: Databases, name: str):
    parameters = dict.fromkeys(_parameters(STATEMENTS[name]))
    with databases.copy() as urls, psycopg.connect(urls.app) as connection:
        plan = connection.execute(f"EXPLAIN {STATEMENTS[name]}".encode(), parameters).fetchall()
    assert plan


def test_there_are_as_many_statements_as_are_compiled():
    assert len(STATEMENTS) == len(import_module("tools.compile_sql").STATEMENTS) > 20


def _parameters(text: str) -> set[str]:
    return {piece.partition(")")[0] for piece in text.split("%(")[1:]}


@pytest.mark.parametrize("tool", ["compile_sql", "generate_openapi"])
def test_what_is_generated_is_what_the_generator_writes(tool: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.argv", [tool, "--check"])
    assert import_module(f"tools.{tool}").main() == 0


def test_seeding_again_changes_nothing(database_urls: DatabaseUrls):
    def counted() -> list[tuple[int, ...]]:
        with psycopg.connect(database_urls.owner) as connection:
            return connection.execute(
                "SELECT (SELECT count(*) FROM instruments), (SELECT count(*) FROM daily_bars),"
                " (SELECT count(*) FROM exchange_sessions)"
            ).fetchall()

    before = counted()
    assert before[0][:2] == (len(LISTINGS), 12154)
    seed(database_urls.owner, ROOT / "data")
    assert counted() == before
