"""Brings a database to the newest revision, one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

# Any number that nothing else in the database locks; held for the session, as some steps commit.
_LOCK = 4_242_001


def upgrade(url: str, *, password: str | None = None, revision: str = "head") -> str:
    """Migrate the database at a PostgreSQL `url`. The revision that it has then.

    `password` is given where the URL holds none.
    """
    secret = {"password": password} if password else {}
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool, connect_args=secret)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
            config = configuration(connection)
            command.upgrade(config, revision)
            connection.commit()
            return ScriptDirectory.from_config(config).get_current_head() or ""
    finally:
        engine.dispose()


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config


def sqlalchemy_url(url: str) -> str:
    """A libpq URL with SQLAlchemy's name of the driver in it."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres"}:
        raise ValueError(f"not a PostgreSQL URL: {scheme}://...")
    return f"postgresql+psycopg://{rest}"
