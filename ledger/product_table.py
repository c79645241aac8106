"""Table of Copernicus products: one row for each product and what it is fetched for."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from ledger.schema import UtcDateTime, metadata

product = Table(
    "product",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("collection", ForeignKey("collection.id"), nullable=False),
    Column("product_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("source_collection", String, nullable=False),
    Column("state", String, nullable=False),
    Column("sensed", UtcDateTime, nullable=False),
    Column("path", Text),
    Column("size", BigInteger),
    Column("checksum", String),
    Column("code", String),
    Column("message", Text),
    Column("kind", String),
    Column("run", ForeignKey("run.id")),
    Column("updated", UtcDateTime, nullable=False),
    UniqueConstraint("collection", "product_id"),
    Index(None, "collection", "state"),
    Index(None, "run"),
)
"""`collection` is what a product is fetched for: a Collection of a GeoCatalog, or, where only files are wanted, the
Collection of the Copernicus catalogue itself."""
