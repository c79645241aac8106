"""Collections that were deleted, and perhaps created again: what the ledger knew of their Items is history."""

from sqlalchemy import Connection, insert, null, select, update

from ledger.schema import collection, item, item_event
from ledger.store import Store
from models.outcomes import ItemState

_GONE = ItemState.REMOVED.value


class Incarnations(Store):
    """Mark the Items of Collections that are gone as removed."""

    def note_collection(self, collection_id: str, created: str) -> None:
        """Write down when the GeoCatalog created a Collection (`msft:_created`).

        If that changed, it is another Collection of the same id, and the Items of the former are marked as removed.
        """
        with self._database.write() as connection:
            key = self._lock_collection(connection, collection_id)
            known = connection.execute(select(collection.c.created).where(collection.c.id == key)).scalar()
            if known == created:
                return
            if known is not None:
                self._remove_all(connection, key)
            connection.execute(update(collection).where(collection.c.id == key).values(created=created))

    def forget_collection(self, collection_id: str) -> None:
        """Mark the Items of a Collection that was deleted as removed; their history stays."""
        with self._database.write() as connection:
            key = self._lock_collection(connection, collection_id)
            self._remove_all(connection, key)
            connection.execute(update(collection).where(collection.c.id == key).values(created=None))

    def _remove_all(self, connection: Connection, key: int) -> None:
        now = self._now()
        left = (item.c.collection == key, item.c.state != _GONE)
        columns = (item_event.c.item, item_event.c.at, item_event.c.state, item_event.c.attempts)
        wiped = dict.fromkeys(("operation_id", "fingerprint", "run", "code", "message", "kind"), null())
        # RETURNING, and not a SELECT before: an Item that is added meanwhile belongs to the new Collection
        gone = connection.execute(
            update(item).where(*left).values(state=_GONE, updated=now, attempts=None, **wiped).returning(item.c.id)
        )
        rows = [dict(zip([c.name for c in columns], (key_, now, _GONE, None), strict=True)) for key_ in gone.scalars()]
        if rows:
            connection.execute(insert(item_event), rows)
