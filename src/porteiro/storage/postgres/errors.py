"""What went wrong with PostgreSQL, in words for the person who has to act on it."""

import psycopg
from psycopg import errors

from porteiro.errors import StorageError


def unreachable(place: str, error: Exception) -> StorageError:
    """Return what to tell when no connection could be made."""
    cause = _cause(error)
    if isinstance(error, TimeoutError):
        cause, check = "no answer in time", "DB_HOST and DB_PORT, and whether a firewall is between"
    elif "FATAL" in str(error):  # the server speaks, and in its own language
        check = "DB_NAME, DB_USER and DB_PASSWORD, and what the server allows"
    else:
        check = "DB_HOST and DB_PORT, and that PostgreSQL runs"
    return StorageError(f"PostgreSQL at {place} cannot be reached ({cause}): check {check}")


def failed(place: str, error: psycopg.Error) -> StorageError:
    """Return what to tell when a connection broke, or a statement was not carried out."""
    cause = _cause(error)
    match error:
        case errors.UndefinedTable() | errors.UndefinedColumn():
            advice = "; run `porteiro setup`, which says what is missing and can make it"
        case errors.InsufficientPrivilege():
            advice = "; have the owner grant it to DB_USER, or run this as the owner"
        case errors.QueryCanceled() | errors.LockNotAvailable():
            advice = "; it is too busy, or a lock is held there: see pg_stat_activity"
        case errors.DiskFull() | errors.OutOfMemory():
            advice = "; make room on the server"
        case errors.ReadOnlySqlTransaction():
            advice = "; DB_HOST is a standby: name the primary"
        case _:
            advice = ""
    return StorageError(f"PostgreSQL at {place}: {cause}{advice}")


def _cause(error: Exception) -> str:
    """Return the server's own first line, without what libpq says before it."""
    told = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    lines = str(told or error).strip().splitlines() or [type(error).__name__]
    return lines[0].rpartition(" failed: ")[2].strip()
