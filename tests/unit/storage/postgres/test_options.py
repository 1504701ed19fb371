"""Where the database is, said without its password."""

import psycopg
import pytest
from sqlalchemy import make_url

from porteiro.storage.postgres.database import DatabaseOptions
from porteiro.storage.postgres.errors import failed, unreachable


def options(host: str = "10.0.0.5") -> DatabaseOptions:
    return DatabaseOptions(host, 5432, "portaria", "porteiro", "s3cret/@:%")


def test_the_password_is_not_shown() -> None:
    assert "s3cret" not in repr(options())


@pytest.mark.parametrize("host", ["10.0.0.5", "db.example.org", "::1"])
def test_the_url_names_host_port_and_database(host: str) -> None:
    url = make_url(options(host).url)
    assert (url.host, url.port, url.database) == (host, 5432, "portaria")
    assert (url.username, url.password) == ("porteiro", "s3cret/@:%")


def test_the_url_names_the_folder_of_a_socket() -> None:
    url = make_url(options("/run/postgresql").url)
    assert (url.host, dict(url.query)) == (None, {"host": "/run/postgresql", "port": "5432"})


def test_of_libpq_s_words_only_the_cause_is_told() -> None:
    error = psycopg.OperationalError(
        'connection failed: connection to server at "10.0.0.5", port 5432 failed: FATAL:  the '
        "database system is starting up\nsecond line"
    )
    assert str(unreachable("10.0.0.5:5432", error)) == (
        "PostgreSQL at 10.0.0.5:5432 cannot be reached (FATAL:  the database system is starting "
        "up): check DB_NAME, DB_USER and DB_PASSWORD, and what the server allows"
    )


def test_an_error_without_words_is_named() -> None:
    assert "OperationalError" in str(failed("10.0.0.5:5432", psycopg.OperationalError()))
    assert "no answer in time" in str(unreachable("10.0.0.5:5432", TimeoutError()))


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (psycopg.errors.UndefinedTable("no x"), "run `porteiro setup`"),
        (psycopg.errors.InsufficientPrivilege("no x"), "grant it to DB_USER"),
        (psycopg.errors.DiskFull("no x"), "make room"),
        (psycopg.errors.ReadOnlySqlTransaction("no x"), "name the primary"),
        (psycopg.errors.QueryCanceled("no x"), "pg_stat_activity"),
    ],
)
def test_a_failure_comes_with_what_to_do(error: psycopg.Error, advice: str) -> None:
    told = str(failed("10.0.0.5:5432", error))
    assert told.startswith("PostgreSQL at 10.0.0.5:5432: no x; ")
    assert advice in told
