"""Copernicus products: how far each is."""

import sqlalchemy as sa
from alembic import op

from ledger.schema import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "product",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("collection", sa.Integer, nullable=False),
        sa.Column("product_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("source_collection", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("sensed", UtcDateTime, nullable=False),
        sa.Column("path", sa.Text),
        sa.Column("size", sa.BigInteger),
        sa.Column("checksum", sa.String),
        sa.Column("code", sa.String),
        sa.Column("message", sa.Text),
        sa.Column("kind", sa.String),
        sa.Column("run", sa.Integer),
        sa.Column("updated", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
        sa.ForeignKeyConstraint(["collection"], ["collection.id"], name="fk_product_collection"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_product_run"),
        sa.UniqueConstraint("collection", "product_id", name="uq_product"),
    )
    op.create_index("ix_product_collection_state", "product", ["collection", "state"])
    op.create_index("ix_product_run", "product", ["run"])
