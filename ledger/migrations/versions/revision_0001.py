"""Collections, runs, Items with their history, and watermarks."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from ledger.schema import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    _create_collection()
    _create_run()
    _create_item()
    _create_item_event()
    op.create_table(
        "watermark",
        sa.Column("catalog", sa.String, nullable=False),
        sa.Column("signature", sa.String, nullable=False),
        sa.Column("reached", UtcDateTime, nullable=False),
        sa.Column("updated", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("catalog", "signature", name="pk_watermark"),
    )


def _create_collection() -> None:
    op.create_table(
        "collection",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("catalog", sa.String, nullable=False),
        sa.Column("collection_id", sa.String, nullable=False),
        sa.Column("created", sa.String),
        sa.PrimaryKeyConstraint("id", name="pk_collection"),
        sa.UniqueConstraint("catalog", "collection_id", name="uq_collection"),
    )


def _create_run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("catalog", sa.String, nullable=False),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("flow", sa.String, nullable=False),
        sa.Column("flow_run_id", sa.String),
        sa.Column("deployment", sa.String),
        sa.Column("collection_id", sa.String, nullable=False),
        sa.Column("signature", sa.String, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("window_start", UtcDateTime),
        sa.Column("window_end", UtcDateTime),
        sa.Column("asked_at", UtcDateTime),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("started", UtcDateTime, nullable=False),
        sa.Column("ended", UtcDateTime),
        sa.Column("alive_until", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        sa.UniqueConstraint("catalog", "run_id", name="uq_run"),
    )
    op.create_index("ix_run_catalog_started", "run", ["catalog", "started"])


def _create_item() -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("collection", sa.Integer, nullable=False),
        sa.Column("item_id", sa.String, nullable=False),
        *_outcome_columns(),
        sa.Column("fingerprint", sa.String),
        sa.Column("acquired", UtcDateTime),
        sa.Column("updated", UtcDateTime, nullable=False),
        sa.Column("source_collection", sa.String),
        sa.PrimaryKeyConstraint("id", name="pk_item"),
        sa.ForeignKeyConstraint(["collection"], ["collection.id"], name="fk_item_collection"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_item_run"),
        sa.UniqueConstraint("collection", "item_id", name="uq_item"),
    )
    op.create_index("ix_item_collection_state", "item", ["collection", "state"])


def _create_item_event() -> None:
    op.create_table(
        "item_event",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        *_outcome_columns(),
        sa.PrimaryKeyConstraint("id", name="pk_item_event"),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name="fk_item_event_item"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_item_event_run"),
    )
    op.create_index("ix_item_event_item", "item_event", ["item"])
    op.create_index("ix_item_event_run", "item_event", ["run"])


def _outcome_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("state", sa.String, nullable=False),
        sa.Column("operation_id", sa.String),
        sa.Column("attempts", sa.Integer),
        sa.Column("code", sa.String),
        sa.Column("message", sa.Text),
        sa.Column("kind", sa.String),
        sa.Column("run", sa.Integer),
    ]
