"""Visits: the columns that they are looked up by, and the whole visit as JSON."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Compared byte by byte: faster, and no upgrade of the system's locales can spoil the index.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# SQLite keeps the moment as a text in UTC, whose order is the order of time.
_MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_JSON = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make the table; its key is the order in which visits are listed."""
    op.create_table(
        "porteiro_visit",
        sa.Column("started", _MOMENT, nullable=False),
        sa.Column("call_id", _TEXT, nullable=False),
        sa.Column("condominium_id", sa.BigInteger(), nullable=False),
        sa.Column("apartment", _TEXT, nullable=False),
        sa.Column("decision", _TEXT, nullable=False),
        sa.Column("visit", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("started", "call_id", name="porteiro_visit_key"),
    )
    op.create_index(
        "porteiro_visit_by_condominium",
        "porteiro_visit",
        ["condominium_id", "started", "call_id"],
    )
    op.create_index(
        "porteiro_visit_by_apartment",
        "porteiro_visit",
        ["apartment", "started", "call_id"],
    )


def downgrade() -> None:
    """Take the table away, with every visit in it."""
    op.drop_table("porteiro_visit")
