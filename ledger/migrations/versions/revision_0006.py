"""Whether an Item was sent in the place of an older one that the catalog has."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column: no Item is known to replace another."""
    op.add_column("item", sa.Column("replaces", sa.Boolean, nullable=False, server_default=sa.false()))
