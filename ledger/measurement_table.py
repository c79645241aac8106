"""Table of area statistics: one row for each area, period and way of measuring."""

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from ledger.schema import UtcDateTime, metadata

area_measurement = Table(
    "area_measurement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("catalog", String, nullable=False),
    Column("key", String, nullable=False),
    Column("area", String, nullable=False),
    Column("period", String, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("way", JSON, nullable=False),
    Column("state", String, nullable=False),
    Column("source", String),
    Column("item_id", String),
    Column("statistics", JSON(none_as_null=True)),
    Column("code", String),
    Column("message", Text),
    Column("kind", String),
    Column("run", ForeignKey("run.id")),
    Column("updated", UtcDateTime, nullable=False),
    UniqueConstraint("catalog", "key"),
    Index(None, "run"),
)
"""`key` is the hash of area, period and way; `way` says index, provider and conditions in words."""
