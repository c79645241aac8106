"""Watermarks: up to which acquisition time everything that matches a request is done."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, not_, or_, select

from ledger.schema import item, watermark
from ledger.store import Store
from models.failure import FailureClass
from models.outcomes import ItemState

_DONE = [ItemState.PROVEN.value, ItemState.REMOVED.value]


class Watermarks(Store):
    """Keep one watermark per signature of a request."""

    def watermark(self, signature: str) -> datetime | None:
        """Return the watermark in UTC; None if no run has moved it yet."""
        query = select(watermark.c.reached).where(*self._mark(signature))
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def move_watermark(self, signature: str, to: datetime) -> None:
        """Set the watermark; also back, if an earlier Item turned out to be open."""
        row = {"catalog": self._catalog, "signature": signature, "reached": to, "updated": self._now()}
        statement = self._insert(watermark).values(row)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["catalog", "signature"], set_=row))

    def oldest_open(self, collection_id: str, start: datetime | None, end: datetime | None) -> datetime | None:
        """Return the acquisition time of the oldest Item of a window that may yet be proven by running again.

        A dead letter is not among them: it is kept, shown and sent again on request, but holds nothing back.

        Args:
            start, end: acquisition times in UTC, both inclusive; None where open.
        """
        given_up = item.c.kind == FailureClass.PERMANENT.value
        is_open = and_(item.c.state.not_in(_DONE), or_(item.c.kind.is_(None), not_(given_up)))
        query = select(func.min(item.c.acquired)).where(is_open)
        if start is not None:
            query = query.where(item.c.acquired >= start)
        if end is not None:
            query = query.where(item.c.acquired <= end)
        with self._database.read() as connection:
            key = self._find_collection(connection, collection_id)
            return connection.execute(query.where(item.c.collection == key)).scalar()

    def _mark(self, signature: str) -> tuple[Any, Any]:
        return watermark.c.catalog == self._catalog, watermark.c.signature == signature
