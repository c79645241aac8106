"""Forget old history: by far the most rows of a ledger."""

from datetime import datetime

from sqlalchemy import delete, select

from ledger.schema import collection, item, item_event
from ledger.store import Store
from models.outcomes import ItemState

_SETTLED = [ItemState.PROVEN.value, ItemState.REMOVED.value]
ROWS = 10_000
"""Rows deleted in one transaction: some 50 ms on SQLite, where nobody else can write meanwhile."""


class Pruning(Store):
    """Delete old history."""

    def prune(self, before: datetime) -> int:
        """Delete what happened before a time to Items that are proven or removed now; return how many rows.

        What an Item is now, its fingerprint, the runs, watermarks and dead letters stay; so does the history of Items
        that are open or failed.
        """
        mine = select(item.c.id).join(collection).where(collection.c.catalog == self._catalog)
        settled = mine.where(item.c.state.in_(_SETTLED))
        old = select(item_event.c.id).where(item_event.c.at < before, item_event.c.item.in_(settled)).limit(ROWS)
        deleted, last = 0, ROWS
        while last == ROWS:
            with self._database.write() as connection:
                last = connection.execute(delete(item_event).where(item_event.c.id.in_(old))).rowcount
            deleted += last
        return deleted
