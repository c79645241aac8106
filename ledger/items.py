"""Items: claim them, write down what becomes of them, and look them up."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, delete, func, insert, not_, or_, select, update

from ledger.dead_letters import UNDECIDED, DeadLetters
from ledger.records import Change, Claim, Entry
from ledger.runs import Runs
from ledger.schema import collection, dead_letter, item, item_event, run
from ledger.store import CHUNK
from models.failure import OPERATION_TIMEOUT, FailureClass
from models.outcomes import ItemState
from models.redact import redact

_KEY = ["collection", "item_id"]
_FREE = [state.value for state in (ItemState.REMOVED, ItemState.FAILED, ItemState.REJECTED, ItemState.UNPROVEN)]
_NO_FAILURE = dict.fromkeys(("code", "message", "kind"))
_EVENT = ("run", "state", "operation_id", "attempts", "code", "message", "kind")


class Items(Runs, DeadLetters):
    """Claim, record and look up Items."""

    def entries(self, collection_id: str, item_ids: Iterable[str]) -> dict[str, Entry]:
        """Return what the ledger knows of Items, by id; those that it does not know are left out."""
        now, found = self._now(), {}
        with self._database.read() as connection:
            key = self._find_collection(connection, collection_id)
            for chunk in chunks(list(item_ids), CHUNK) if key is not None else ():
                query = entry_query().where(item.c.collection == key, item.c.item_id.in_(chunk))
                found.update({row.item_id: entry_of(row, now) for row in connection.execute(query)})
        return found

    def planned(self, collection_id: str, item_ids: Iterable[str]) -> set[str]:
        """Return which of the Items a run is, or was, about to send."""
        found: set[str] = set()
        with self._database.read() as connection:
            key = self._find_collection(connection, collection_id)
            for chunk in chunks(list(item_ids), CHUNK) if key is not None else ():
                query = select(item.c.item_id).where(item.c.collection == key, item.c.item_id.in_(chunk))
                found.update(connection.execute(query.where(item.c.state == ItemState.PLANNED.value)).scalars())
        return found

    def claim(self, run_id: str, collection_id: str, items: Mapping[str, Claim]) -> set[str]:
        """Reserve Items for a run that is about to submit them, and return the ids of those that it got.

        A run gets an Item that is absent, removed, failed, rejected, unproven, proven with another fingerprint, or
        planned by itself or by a run that is not alive; not one whose operation may go on. Claiming renews the lease.

        Raises:
            ValueError: the run was not begun, or has ended.
        """
        if not items:
            return set()
        with self._database.write() as connection:
            self._renew(connection, run_id)
            key = self._lock_collection(connection, collection_id)
            now = self._now()  # after the lock, since it may have taken a while
            common = {
                "collection": key,
                "run": self._run_key(connection, run_id),
                "state": ItemState.PLANNED.value,
                "updated": now,
            }
            # in one order, so that two transactions never wait for each other
            rows = [{**common, "item_id": item_id, **vars(items[item_id])} for item_id in sorted(items)]
            claimed = connection.execute(self._claiming(now), rows).all()
            _note(connection, claimed, now)
        return {row.item_id for row in claimed}

    def claim_again(self, run_id: str, collection_id: str, operations: Mapping[str, str]) -> set[str]:
        """Reserve Items that failed for a run that is about to send them once more; return those that it got.

        It gets an Item only if the operation that failed is still the last one that is known of it: of two runs that
        followed the same operation, one sends the Item again, and the other follows what that one sent.

        Args:
            operations: by Item, the operation that failed.

        Raises:
            ValueError: the run was not begun.
        """
        claimed: set[str] = set()
        with self._database.write() as connection:
            now, key = self._now(), self._collection_key(connection, collection_id)
            run_key = self._run_key(connection, run_id)
            unsent = and_(item.c.state == ItemState.PLANNED.value, item.c.run.is_distinct_from(run_key))
            new = {"state": ItemState.PLANNED.value, "run": run_key, "updated": now, **_NO_FAILURE}
            for item_id, operation_id in sorted(operations.items()):
                is_last = and_(item.c.operation_id == operation_id, not_(unsent))
                own = and_(item.c.collection == key, item.c.item_id == item_id, is_last)
                rows = connection.execute(update(item).where(own).values(new).returning(item)).all()
                _note(connection, rows, now)
                claimed |= {row.item_id for row in rows}
        return claimed

    def record(self, run_id: str, collection_id: str, changes: Sequence[Change]) -> None:
        """Write down new states of Items, known to the ledger or not, all or none.

        Raises:
            ValueError: the run was not begun.
        """
        if not changes:
            return
        with self._database.write() as connection:
            now = self._now()
            common = {
                "collection": self._collection_key(connection, collection_id),
                "run": self._run_key(connection, run_id),
                "updated": now,
            }
            for unique in _rounds(changes):
                rows = [{**common, **_row(change)} for change in sorted(unique, key=lambda change: change.item_id)]
                changed = connection.execute(self._recording(), rows).all()
                _note(connection, changed, now)
                self._keep_letters(connection, collection_id, unique, {row.item_id: row.id for row in changed}, now)

    def advance(
        self, run_id: str, collection_id: str, item_ids: Iterable[str], state: ItemState, **values: str | int
    ) -> None:
        """Write down the same new state of many Items that this run has claimed; what else is known of them stays.

        Some statements for all of them, where `record` binds each Item's values.

        Args:
            values: `operation_id` and `attempts`, if they are new.

        Raises:
            ValueError: the run was not begun.
        """
        with self._database.write() as connection:
            now, key = self._now(), self._collection_key(connection, collection_id)
            run_key = self._run_key(connection, run_id)
            new = {**values, "state": state.value, "run": run_key, "updated": now, **_NO_FAILURE}
            for chunk in chunks(sorted(item_ids), CHUNK):
                # in one order, so that two transactions never wait for each other
                known = select(item.c.id).where(item.c.collection == key, item.c.item_id.in_(chunk))
                ids = connection.execute(known.order_by(item.c.item_id).with_for_update()).scalars().all()
                connection.execute(update(item).where(item.c.id.in_(ids)).values(new))
                event = select(item.c.id, item.c.updated, *(item.c[name] for name in _EVENT)).where(item.c.id.in_(ids))
                connection.execute(insert(item_event).from_select(["item", "at", *_EVENT], event))
                if state not in UNDECIDED:
                    connection.execute(delete(dead_letter).where(dead_letter.c.item.in_(ids)))

    def _claiming(
        self, now: datetime
    ) -> Any:  # no IN lists here and below: they cannot be part of a statement for many rows
        statement = self._insert(item)
        new = statement.excluded
        values = {name: new[name] for name in ("state", "run", "updated", "fingerprint", "replaces")}
        kept = {name: func.coalesce(new[name], item.c[name]) for name in ("acquired", "source_collection")}
        cleared = dict.fromkeys(("operation_id", "code", "message", "kind"))
        alive = select(run.c.id).where(run.c.ended.is_(None), run.c.alive_until > now)
        unsent = or_(
            item.c.state == ItemState.PLANNED.value,
            and_(item.c.state == ItemState.SUBMITTED.value, item.c.operation_id.is_(None)),
        )
        goes_on = and_(item.c.code == OPERATION_TIMEOUT, item.c.operation_id.is_not(None))
        claimable = or_(
            and_(or_(*(item.c.state == state for state in _FREE)), or_(item.c.code.is_(None), not_(goes_on))),
            and_(item.c.state == ItemState.PROVEN.value, item.c.fingerprint.is_distinct_from(new.fingerprint)),
            and_(unsent, or_(item.c.run == new.run, item.c.run.is_(None), item.c.run.not_in(alive))),
        )
        return statement.on_conflict_do_update(
            index_elements=_KEY, set_={**values, **kept, **cleared}, where=claimable
        ).returning(item)

    def _recording(self) -> Any:
        statement = self._insert(item)
        new = statement.excluded
        values = {name: new[name] for name in ("state", "run", "updated", "code", "message", "kind")}
        kept: dict[str, Any] = {
            name: func.coalesce(new[name], item.c[name])
            for name in ("operation_id", "attempts", "fingerprint", "acquired", "source_collection")
        }
        not_sent = or_(new.state == ItemState.PLANNED.value, new.state == ItemState.REMOVED.value)
        kept["operation_id"] = case((not_sent, new.operation_id), else_=kept["operation_id"])
        return statement.on_conflict_do_update(index_elements=_KEY, set_={**values, **kept}).returning(item)


def chunks(values: list[str], size: int) -> Iterator[list[str]]:
    """Return the values in lists of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))


def entry_query() -> Select[Any]:
    """Return the query for rows that `entry_of` takes."""
    return (
        select(item, collection.c.collection_id, run.c.run_id, run.c.ended, run.c.alive_until)
        .join(collection, collection.c.id == item.c.collection)
        .outerjoin(run, run.c.id == item.c.run)
    )


def entry_of(row: Row[Any], now: datetime) -> Entry:
    """Return a row of `entry_query` as an entry."""
    return Entry(
        collection_id=row.collection_id,
        item_id=row.item_id,
        state=ItemState(row.state),
        fingerprint=row.fingerprint,
        operation_id=row.operation_id,
        attempts=row.attempts or 0,
        code=row.code,
        message=row.message,
        kind=FailureClass(row.kind) if row.kind else None,
        run_id=row.run_id,
        run_is_alive=row.run_id is not None and row.ended is None and row.alive_until > now,
        acquired=row.acquired,
        updated=row.updated,
        source_collection=row.source_collection,
        replaces=row.replaces,
    )


def _rounds(changes: Sequence[Change]) -> list[list[Change]]:
    """Split changes so that no Item is in a list twice: one statement cannot change a row twice."""
    rounds: list[list[Change]] = []
    times: dict[str, int] = {}
    for change in changes:
        nth = times.get(change.item_id, 0)
        times[change.item_id] = nth + 1
        if nth == len(rounds):
            rounds.append([])
        rounds[nth].append(change)
    return rounds


def _row(change: Change) -> dict[str, object]:
    given = {
        name: getattr(change, name)
        for name in ("item_id", "operation_id", "attempts", "fingerprint", "acquired", "source_collection")
    }
    failure = change.failure
    cause = {
        "code": failure.code if failure else None,
        "message": redact(failure.message) if failure else None,
        "kind": failure.kind.value if failure else None,
    }
    return {**given, **cause, "state": change.state.value}


def _note(connection: Connection, rows: Sequence[Row[Any]], at: datetime) -> None:
    """Append the present state of Items to their history."""
    events = [{"item": row.id, "at": at, **{name: row._mapping[name] for name in _EVENT}} for row in rows]
    if events:
        connection.execute(insert(item_event), events)
