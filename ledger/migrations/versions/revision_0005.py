"""Kinds of failure, so that an alert is sent for a new one only."""

import sqlalchemy as sa
from alembic import op

from ledger.schema import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "failure_kind",
        sa.Column("catalog", sa.String, nullable=False),
        sa.Column("collection_id", sa.String, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("opened", UtcDateTime, nullable=False),
        sa.Column("seen", UtcDateTime, nullable=False),
        sa.Column("resolved", UtcDateTime),
        sa.PrimaryKeyConstraint("catalog", "collection_id", "origin", "kind", "code", name="pk_failure_kind"),
    )
