"""Dead letters: Items that nothing but a change of them helps, as they were sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from ledger.records import Change, DeadLetter
from ledger.schema import dead_letter, item
from ledger.store import Store
from models.failure import Failure, FailureClass
from models.outcomes import ItemState
from models.redact import redact, redact_json

DEAD_STATES = (ItemState.FAILED, ItemState.REJECTED)
"""States of a dead letter, with a permanent failure."""
UNDECIDED = (ItemState.PLANNED, ItemState.SUBMITTED)
"""States in which it is not decided what becomes of an Item: its dead letter stays."""


class DeadLetters(Store):
    """Keep and read dead letters."""

    def dead_letter(self, collection_id: str, item_id: str) -> DeadLetter | None:
        """Return the dead letter of an Item; None if it has none, or if its JSON was not given."""
        query = select(dead_letter).join(item, item.c.id == dead_letter.c.item).where(item.c.item_id == item_id)
        with self._database.read() as connection:
            key = self._find_collection(connection, collection_id)
            row = connection.execute(query.where(item.c.collection == key)).one_or_none()
        if row is None:
            return None
        failure = Failure(code=row.code, message=row.message, kind=FailureClass(row.kind))
        return DeadLetter(item_id, row.document, failure, row.method, row.path, row.written)

    def _keep_letters(
        self,
        connection: Connection,
        collection_id: str,
        changes: Sequence[Change],
        keys: Mapping[str, int],
        now: datetime,
    ) -> None:
        """Write the letters of Items that failed for good, and drop those of Items that are decided otherwise."""
        decided = [keys[change.item_id] for change in changes if not _is_dead(change) and change.state not in UNDECIDED]
        if decided:
            connection.execute(delete(dead_letter).where(dead_letter.c.item.in_(decided)))
        letters = [
            {"item": keys[change.item_id], "written": now, **_letter(change, collection_id)}
            for change in changes
            if _is_dead(change) and change.item is not None
        ]
        if letters:
            statement = self._insert(dead_letter)
            values = {name: statement.excluded[name] for name in letters[0] if name != "item"}
            connection.execute(statement.on_conflict_do_update(index_elements=["item"], set_=values), letters)


def _is_dead(change: Change) -> bool:
    failure = change.failure
    return change.state in DEAD_STATES and failure is not None and failure.kind is FailureClass.PERMANENT


def _letter(change: Change, collection_id: str) -> dict[str, object]:
    assert change.failure is not None  # noqa: S101 - for the type checker
    method, path = change.replay or ("POST", f"/stac/collections/{collection_id}/items")
    return {
        "document": redact_json(change.item),
        "code": change.failure.code,
        "message": redact(change.failure.message),
        "kind": change.failure.kind.value,
        "method": method,
        "path": path,
    }
