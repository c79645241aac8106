"""Questions about all Items: which failed, why, and how many."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from ledger.dead_letters import DEAD_STATES
from ledger.items import Items, entry_of, entry_query
from ledger.records import Entry, Event, FailureCount
from ledger.schema import collection, item, item_event, run
from models.failure import FailureClass
from models.outcomes import ItemState

_IS_DEAD = and_(
    item.c.state.in_([state.value for state in DEAD_STATES]),
    func.coalesce(item.c.kind, "") == FailureClass.PERMANENT.value,
)


class Questions(Items):
    """Find and count Items."""

    def find(
        self,
        *,
        collection_id: str | None = None,
        run_id: str | None = None,
        states: Iterable[ItemState] | None = None,
        codes: Iterable[str] | None = None,
        kinds: Iterable[FailureClass] | None = None,
        updated_after: datetime | None = None,
        updated_before: datetime | None = None,
        acquired_between: tuple[datetime | None, datetime | None] | None = None,
        dead_letters: bool | None = None,
        limit: int | None = None,
    ) -> list[Entry]:
        """Return Items that fulfil all conditions, the last changed first; None stands for any.

        Args:
            run_id: Items that this run changed at any time, as they stand now.
            states, codes, kinds: one of these; none if empty.
            updated_after, updated_before: the state last changed then, both exclusive.
            acquired_between: acquisition time, both ends inclusive; None where open.
            dead_letters: True for those that failed for good only, False for all others.
        """
        start, end = acquired_between or (None, None)
        c = item.c
        conditions = (
            _one_of(c.state, states),
            _one_of(c.code, codes),
            _one_of(c.kind, kinds),
            None if updated_after is None else c.updated > updated_after,
            None if updated_before is None else c.updated < updated_before,
            None if start is None else c.acquired >= start,
            None if end is None else c.acquired <= end,
            {None: None, True: _IS_DEAD, False: ~_IS_DEAD}[dead_letters],
        )
        query = self._mine(entry_query(), collection_id, run_id)
        query = query.where(*(condition for condition in conditions if condition is not None))
        now = self._now()
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(c.updated.desc(), c.item_id).limit(limit))
            return [entry_of(row, now) for row in rows]

    def count_by_failure(self, collection_id: str | None = None) -> list[FailureCount]:
        """Return the causes of all present failures, the most frequent first, each with its newest message."""
        cause = (item.c.kind, item.c.code)
        nth = func.row_number().over(partition_by=cause, order_by=(item.c.updated.desc(), item.c.id.desc()))
        count = func.count().over(partition_by=cause)
        joined = select(*cause, item.c.message, count.label("count"), nth.label("nth")).join(collection)
        ranked = self._mine(joined, collection_id).where(item.c.code.is_not(None)).subquery()
        query = select(ranked).where(ranked.c.nth == 1).order_by(ranked.c.count.desc(), ranked.c.kind, ranked.c.code)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            FailureCount(FailureClass(row["kind"]), row["code"], row["count"], row["message"] or "") for row in rows
        ]

    def count_by_state(self, collection_id: str | None = None, run_id: str | None = None) -> dict[str, int]:
        """Return how many Items are in each state; of a run, those that it changed, as they stand now."""
        query = select(item.c.state, func.count().label("items")).join(collection).group_by(item.c.state)
        with self._database.read() as connection:
            rows = connection.execute(self._mine(query, collection_id, run_id)).all()
        return {row.state: row.items for row in rows}

    def history(self, collection_id: str, item_id: str) -> list[Event]:
        """Return all changes of an Item, oldest first."""
        query = (
            select(item_event, run.c.run_id)
            .join(item, item.c.id == item_event.c.item)
            .join(collection, collection.c.id == item.c.collection)
            .outerjoin(run, run.c.id == item_event.c.run)
            .where(item.c.item_id == item_id)
        )
        with self._database.read() as connection:
            rows = connection.execute(self._mine(query, collection_id).order_by(item_event.c.id)).all()
        return [_event(row) for row in rows]

    def _mine(self, query: Select[Any], collection_id: str | None, run_id: str | None = None) -> Select[Any]:
        query = query.where(collection.c.catalog == self._catalog)
        if collection_id is not None:
            query = query.where(collection.c.collection_id == collection_id)
        if run_id is not None:
            changed = select(item_event.c.item).join(run).where(*self._this(run_id))
            query = query.where(item.c.id.in_(changed))
        return query


def _one_of(column: ColumnElement[Any], values: Iterable[str] | None) -> ColumnElement[bool] | None:
    return None if values is None else column.in_([str(value) for value in values])


def _event(row: Any) -> Event:
    return Event(
        at=row.at,
        state=ItemState(row.state),
        run_id=row.run_id,
        operation_id=row.operation_id,
        attempts=row.attempts or 0,
        code=row.code,
        message=row.message,
        kind=FailureClass(row.kind) if row.kind else None,
    )
