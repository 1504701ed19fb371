"""What the tests on a real PostgreSQL share: one server a run."""

from tests.postgres import postgres

__all__ = ["postgres"]
