"""Statistics of areas: what became of each area and period."""

import sqlalchemy as sa
from alembic import op

from ledger.schema import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "area_measurement",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("catalog", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("period_start", sa.Date, nullable=False),
        sa.Column("period_end", sa.Date, nullable=False),
        sa.Column("way", sa.JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("source", sa.String),
        sa.Column("item_id", sa.String),
        sa.Column("statistics", sa.JSON(none_as_null=True)),
        sa.Column("code", sa.String),
        sa.Column("message", sa.Text),
        sa.Column("kind", sa.String),
        sa.Column("run", sa.Integer),
        sa.Column("updated", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_area_measurement"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_area_measurement_run"),
        sa.UniqueConstraint("catalog", "key", name="uq_area_measurement"),
    )
    op.create_index("ix_area_measurement_run", "area_measurement", ["run"])
