"""Tables of the ledger. A change here needs a new revision in `migrations/versions/`; a test compares the two."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC: text without a zone on SQLite, timestamptz on PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time in UTC.

        Raises:
            ValueError: it has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the time {value} has no zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time with its zone, UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _key() -> Column[Any]:
    return Column("id", Integer, primary_key=True)


collection = Table(
    "collection",
    metadata,
    _key(),
    Column("catalog", String, nullable=False),
    Column("collection_id", String, nullable=False),
    Column("created", String),
    UniqueConstraint("catalog", "collection_id"),
)
"""A Collection of a GeoCatalog; `created` is its `msft:_created`, by which a new one of the same id is seen."""

run = Table(
    "run",
    metadata,
    _key(),
    Column("catalog", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("flow", String, nullable=False),
    Column("flow_run_id", String),
    Column("deployment", String),
    Column("collection_id", String, nullable=False),
    Column("signature", String, nullable=False),
    Column("request", JSON, nullable=False),
    Column("window_start", UtcDateTime),
    Column("window_end", UtcDateTime),
    Column("asked_at", UtcDateTime),
    Column("state", String, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),
    Column("alive_until", UtcDateTime, nullable=False),
    UniqueConstraint("catalog", "run_id"),
    Index(None, "catalog", "started"),
)

item = Table(
    "item",
    metadata,
    _key(),
    Column("collection", ForeignKey("collection.id"), nullable=False),
    Column("item_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("fingerprint", String),
    Column("operation_id", String),
    Column("attempts", Integer),
    Column("code", String),
    Column("message", Text),
    Column("kind", String),
    Column("run", ForeignKey("run.id")),
    Column("acquired", UtcDateTime),
    Column("updated", UtcDateTime, nullable=False),
    Column("source_collection", String),
    Column("replaces", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("collection", "item_id"),
    Index(None, "collection", "state"),
)

item_event = Table(
    "item_event",
    metadata,
    _key(),
    Column("item", ForeignKey("item.id"), nullable=False),
    Column("run", ForeignKey("run.id")),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("operation_id", String),
    Column("attempts", Integer),
    Column("code", String),
    Column("message", Text),
    Column("kind", String),
    Index(None, "item"),
    Index(None, "run"),
)
"""History: one row per change of an Item, never changed."""

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("item", ForeignKey("item.id"), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("code", String, nullable=False),
    Column("message", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("method", String, nullable=False),
    Column("path", String, nullable=False),
    Column("written", UtcDateTime, nullable=False),
)
"""An Item that failed for good, as it was sent. It stays while the Item is sent again, until that is decided."""

watermark = Table(
    "watermark",
    metadata,
    Column("catalog", String, primary_key=True),
    Column("signature", String, primary_key=True),
    Column("reached", UtcDateTime, nullable=False),
    Column("updated", UtcDateTime, nullable=False),
)

failure_kind = Table(
    "failure_kind",
    metadata,
    Column("catalog", String, primary_key=True),
    Column("collection_id", String, primary_key=True),
    Column("origin", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("opened", UtcDateTime, nullable=False),
    Column("seen", UtcDateTime, nullable=False),
    Column("resolved", UtcDateTime),
)
"""A class and code of failure that a Collection has or had; `origin` is "" for its Items, else which runs failed."""
