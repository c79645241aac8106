"""Dead letters: Items that failed for good, as they were sent."""

import sqlalchemy as sa
from alembic import op

from ledger.schema import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "dead_letter",
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("written", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("item", name="pk_dead_letter"),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name="fk_dead_letter_item"),
    )
