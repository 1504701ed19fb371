"""Porteiro's own tables, brought up to date on PostgreSQL or SQLite."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from porteiro.errors import StorageError
from porteiro.storage.postgres.errors import failed, unreachable

VERSION_TABLE: Final = "porteiro_migration"
"""Where a database says how far it has come; other programs may keep an `alembic_version`."""

_LOCK = 0x706F72746569726F
"""The number of the lock that keeps two migrations of one database apart: "porteiro"."""

_PATIENCE_S = 30
"""How long one migration waits for another."""

logging.getLogger("alembic").setLevel(logging.WARNING)  # what was done is returned


def upgrade(url: str) -> list[str]:
    """Bring a database up to date, all or nothing; return the revisions applied now.

    `url` is `postgresql+psycopg://…` or `sqlite:///path`. May be run again and again, and by
    several processes at once. Blocks: not for the event loop.

    Raises `StorageError` when the database cannot be reached or does not let us.
    """
    applied: list[str] = []

    def on_version_apply(*, step: MigrationInfo, **_: object) -> None:
        applied.extend(_named(one) for one in step.up_revisions if isinstance(one, Script))

    config = _config()
    with _connected(url) as connection:
        _lock(connection)
        config.attributes.update(connection=connection, on_version_apply=(on_version_apply,))
        command.upgrade(config, "head")
        connection.commit()
    return applied


def pending(url: str) -> list[str]:
    """Return the revisions that `upgrade` would apply, in order. Changes nothing; blocks.

    Raises `StorageError` when the database cannot be reached, or is of a newer Porteiro.
    """
    scripts = ScriptDirectory.from_config(_config())
    with _connected(url) as connection:
        options: dict[str, Any] = {"version_table": VERSION_TABLE}
        done = MigrationContext.configure(connection, opts=options).get_current_heads()
        missing = list(scripts.iterate_revisions("head", done or "base"))
    return [_named(one) for one in reversed(missing)]


def _named(revision: Script) -> str:
    return f"{revision.revision} {revision.doc.rstrip('.')}"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """Lend a connection; what goes wrong on it is told as `StorageError`."""
    target = make_url(url)
    options: dict[str, object] = (
        {"timeout": _PATIENCE_S, "isolation_level": None}
        if target.get_backend_name() == "sqlite"
        else {"connect_timeout": 5, "tcp_user_timeout": 10_000}
    )
    engine = create_engine(target, poolclass=NullPool, connect_args=options)
    try:
        with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, UnicodeError) as error:
        raise _told(target, error) from error
    except (CommandError, RevisionError) as error:
        raise StorageError(
            f"{_shown(target)} cannot be migrated: {error}; it was set up by a newer Porteiro: "
            "install that one"
        ) from error
    finally:
        engine.dispose()


def _lock(connection: Connection) -> None:
    """Wait until no other process migrates this database; lasts until the transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("begin immediate")
        return
    connection.exec_driver_sql(f"set local lock_timeout = '{_PATIENCE_S}s'")
    connection.exec_driver_sql(f"select pg_advisory_xact_lock({_LOCK})")


def _told(url: URL, error: SQLAlchemyError | UnicodeError) -> StorageError:
    cause = getattr(error, "orig", error)
    place = f"{url.host or url.query.get('host')}:{url.port or url.query.get('port')}"
    never_there = isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
    if never_there or isinstance(cause, UnicodeError):
        return unreachable(place, cause)
    if isinstance(cause, psycopg.Error):
        return failed(place, cause)
    return StorageError(f"{_shown(url)} cannot be migrated: {cause}")


def _shown(url: URL) -> str:
    """Name a database without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f'PostgreSQL database "{url.database}" at {url.host}:{url.port}'
