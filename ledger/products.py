"""Copernicus products: how far each is, and what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, or_, select

from ledger.items import chunks
from ledger.product_table import product
from ledger.schema import collection, run
from ledger.store import CHUNK, Store
from models.copernicus import NOT_DOWNLOADED, DownloadedProduct, Product, ProductState
from models.failure import Failure, FailureClass
from models.redact import redact

_KEY = ["collection", "product_id"]
_FOUND_AGAIN = (ProductState.FOUND, ProductState.DOWNLOADING, *NOT_DOWNLOADED)
"""States that a new search puts back; what is farther stays."""


@dataclass(frozen=True)
class ProductChange:
    """A new state of a product.

    Attributes:
        failure: why it was given up; None: it has no failure any more.
        downloaded: its file; None: the ledger keeps what it has.
    """

    product: Product
    state: ProductState
    failure: Failure | None = None
    downloaded: DownloadedProduct | None = None


@dataclass(frozen=True)
class ProductEntry:
    """A product as it stands.

    Attributes:
        collection_id: what it was fetched for: a Collection of the GeoCatalog, or of the Copernicus catalogue.
        source_collection: Collection of the Copernicus catalogue.
        sensed: start of sensing, UTC.
        path, size, checksum: its file, as it was last here; None if it never was.
        run_id: the run that last changed it.
    """

    collection_id: str
    product_id: str
    name: str
    source_collection: str
    state: ProductState
    sensed: datetime
    path: str | None
    size: int | None
    checksum: str | None
    failure: Failure | None
    run_id: str | None
    updated: datetime


class Products(Store):
    """Record and look up products."""

    def record_found(self, run_id: str, collection_id: str, found: Sequence[Product]) -> None:
        """Write down products that a search has named; one that is downloaded or farther stays so.

        Raises:
            ValueError: the run was not begun.
        """
        changes = [ProductChange(each, ProductState.FOUND) for each in found]
        self._record_products(run_id, collection_id, changes, only_over=_FOUND_AGAIN)

    def record_products(self, run_id: str, collection_id: str, changes: Sequence[ProductChange]) -> None:
        """Write down new states of products, known to the ledger or not, all or none.

        Raises:
            ValueError: the run was not begun.
        """
        self._record_products(run_id, collection_id, changes, only_over=tuple(ProductState))

    def products(self, collection_id: str, product_ids: Iterable[str]) -> dict[str, ProductEntry]:
        """Return the products that the ledger knows, by id."""
        found: dict[str, ProductEntry] = {}
        with self._database.read() as connection:
            for chunk in chunks(list(product_ids), CHUNK):
                query = self._of_products(collection_id).where(product.c.product_id.in_(chunk))
                found.update({row.product_id: _entry(row) for row in connection.execute(query)})
        return found

    def find_products(
        self,
        *,
        collection_id: str | None = None,
        run_id: str | None = None,
        states: Iterable[ProductState] | None = None,
        codes: Iterable[str] | None = None,
        updated_after: datetime | None = None,
        limit: int | None = None,
    ) -> list[ProductEntry]:
        """Return products that fulfil all conditions, the last changed first; None stands for any.

        Args:
            run_id: products that this run was the last to change.
            updated_after: exclusive.
        """
        c = product.c
        query = self._of_products(collection_id)
        if run_id is not None:
            query = query.where(run.c.run_id == run_id)
        if states is not None:
            query = query.where(c.state.in_([state.value for state in states]))
        if codes is not None:
            query = query.where(c.code.in_(list(codes)))
        if updated_after is not None:
            query = query.where(c.updated > updated_after)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(c.updated.desc(), c.name, c.id).limit(limit))
            return [_entry(row) for row in rows]

    def count_products(self, collection_id: str | None = None) -> dict[str, int]:
        """Return how many products are in each state."""
        query = select(product.c.state, func.count().label("products")).join(collection).group_by(product.c.state)
        query = query.where(collection.c.catalog == self._catalog)
        if collection_id is not None:
            query = query.where(collection.c.collection_id == collection_id)
        with self._database.read() as connection:
            return {row.state: row.products for row in connection.execute(query)}

    def _record_products(
        self,
        run_id: str,
        collection_id: str,
        changes: Sequence[ProductChange],
        only_over: tuple[ProductState, ...],
    ) -> None:
        if not changes:
            return
        with self._database.write() as connection:
            common = {
                "collection": self._collection_key(connection, collection_id),
                "run": self._run_key(connection, run_id),
                "updated": self._now(),
            }
            rows = [{**common, **_columns(change)} for change in _last_of_each(changes)]
            connection.execute(self._recording_products(only_over), rows)

    def _recording_products(self, only_over: tuple[ProductState, ...]) -> Any:
        statement = self._insert(product)
        new = statement.excluded
        values = {name: new[name] for name in ("name", "state", "run", "updated", "code", "message", "kind", "sensed")}
        kept = {name: func.coalesce(new[name], product.c[name]) for name in ("path", "size", "checksum")}
        over = or_(*(product.c.state == state.value for state in only_over))  # an IN list cannot be used for many rows
        return statement.on_conflict_do_update(index_elements=_KEY, set_={**values, **kept}, where=over)

    def _of_products(self, collection_id: str | None) -> Select[Any]:
        query = (
            select(product, collection.c.collection_id, run.c.run_id)
            .join(collection, collection.c.id == product.c.collection)
            .outerjoin(run, run.c.id == product.c.run)
            .where(collection.c.catalog == self._catalog)
        )
        return query if collection_id is None else query.where(collection.c.collection_id == collection_id)


def _last_of_each(changes: Sequence[ProductChange]) -> list[ProductChange]:
    """Return one change of each product, the last, by id: one statement cannot change a row twice."""
    last = {change.product.product_id: change for change in changes}
    return [last[product_id] for product_id in sorted(last)]


def _columns(change: ProductChange) -> dict[str, Any]:
    known, failure, file = change.product, change.failure, change.downloaded
    return {
        "product_id": known.product_id,
        "name": known.name,
        "source_collection": known.collection,
        "sensed": known.start,
        "state": change.state.value,
        "path": file.path if file else None,
        "size": file.size if file else None,
        "checksum": file.checksum if file else None,
        "code": failure.code if failure else None,
        "message": redact(failure.message) if failure else None,
        "kind": failure.kind.value if failure else None,
    }


def _entry(row: Row[Any]) -> ProductEntry:
    failure = None
    if row.code is not None:
        failure = Failure(code=row.code, message=row.message or "", kind=FailureClass(row.kind))
    names = ("collection_id", "product_id", "name", "source_collection", "sensed", "path", "size", "checksum", "run_id")
    return ProductEntry(
        **{name: row._mapping[name] for name in names},
        state=ProductState(row.state),
        failure=failure,
        updated=row.updated,
    )
