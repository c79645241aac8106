"""Changes of the upstream while the emulator runs; undone by a reset."""

import orjson

from emulator.content.loading import ContentLoader
from emulator.item_store import ItemStore
from emulator.json_types import JsonDict

SCHEMA = """
CREATE TABLE IF NOT EXISTS original_item(
    collection TEXT NOT NULL, id TEXT NOT NULL, body BLOB, PRIMARY KEY(collection, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS added_collection(id TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class UpstreamChanges:
    """Remembers each changed Item as it was loaded, over restarts too."""

    def __init__(self, upstream: ItemStore) -> None:
        self._upstream = upstream
        upstream.database.execute_script(SCHEMA)

    def put(self, items: list[JsonDict], loader: ContentLoader) -> None:
        """Add or replace Items that are localized already, all or none.

        Raises:
            UnreadableItems: one of them cannot be stored.
        """
        with self._upstream.database.transaction() as db:
            for item in items:
                self._remember(item["collection"], item["id"])
            unknown = {item["collection"] for item in items if not self._upstream.get_collection(item["collection"])}
            db.executemany("INSERT OR IGNORE INTO added_collection VALUES(?)", [(name,) for name in unknown])
            loader.load_items(items)

    def delete(self, collection_id: str, item_id: str) -> bool:
        """Delete one Item; False when there was none."""
        with self._upstream.database.transaction():
            self._remember(collection_id, item_id)
            return self._upstream.delete_item(collection_id, item_id)

    def _remember(self, collection_id: str, item_id: str) -> None:
        """Keep an Item as it was before its first change; nothing stands for one that was not there."""
        item = self._upstream.get_item(collection_id, item_id)
        row = (collection_id, item_id, None if item is None else orjson.dumps(item))
        with self._upstream.database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO original_item VALUES(?,?,?)", row)

    def undo(self) -> None:
        """Bring the upstream back to what was loaded."""
        with self._upstream.database.transaction() as db:
            for collection_id, item_id, body in db.execute("SELECT * FROM original_item").fetchall():
                if body is None:
                    self._upstream.delete_item(collection_id, item_id)
                else:
                    self._upstream.put_items([orjson.loads(body)])
            for (collection_id,) in db.execute("SELECT id FROM added_collection").fetchall():
                self._upstream.delete_collection(collection_id)
            self.forget()

    def forget(self) -> None:
        """Take the upstream as it is for what was loaded."""
        with self._upstream.database.transaction() as db:
            db.execute("DELETE FROM original_item")
            db.execute("DELETE FROM added_collection")
