"""Collections that were deleted, and perhaps created again: what the ledger knew of their Items is history.

What it knew of the Copernicus products fetched for them is forgotten. Their runs stay, but count for no request any
more: a backfill would take their windows for done.
"""

from sqlalchemy import Connection, delete, insert, null, select, update

from ledger.failure_kinds import FailureKinds
from ledger.product_table import product
from ledger.schema import collection, dead_letter, item, item_event, run
from models.outcomes import ItemState

_GONE = ItemState.REMOVED.value


class Incarnations(FailureKinds):
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
                self._void_runs(connection, collection_id)
                self._forget_kinds(connection, collection_id)
            connection.execute(update(collection).where(collection.c.id == key).values(created=created))

    def forget_collection(self, collection_id: str) -> None:
        """Mark the Items of a Collection that was deleted as removed; their history stays."""
        with self._database.write() as connection:
            key = self._lock_collection(connection, collection_id)
            self._remove_all(connection, key)
            self._void_runs(connection, collection_id)
            self._forget_kinds(connection, collection_id)
            connection.execute(update(collection).where(collection.c.id == key).values(created=None))

    def _remove_all(self, connection: Connection, key: int) -> None:
        now, mine = self._now(), item.c.collection == key
        wiped = dict.fromkeys(("operation_id", "attempts", "fingerprint", "run", "code", "message", "kind"), null())
        gone = connection.execute(
            update(item)
            .where(mine, item.c.state != _GONE)
            .values(state=_GONE, updated=now, **wiped)
            .returning(item.c.id)
        )
        events = [{"item": item_key, "at": now, "state": _GONE} for item_key in gone.scalars()]
        if events:
            connection.execute(insert(item_event), events)
        connection.execute(delete(product).where(product.c.collection == key))
        connection.execute(delete(dead_letter).where(dead_letter.c.item.in_(select(item.c.id).where(mine))))

    def _void_runs(self, connection: Connection, collection_id: str) -> None:
        """Take the signature from the runs of a Collection, so that nobody finds them as runs of the same request."""
        mine = (run.c.catalog == self._catalog, run.c.collection_id == collection_id)
        connection.execute(update(run).where(*mine).values(signature=""))
