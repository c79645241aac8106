"""Kinds of failure that a Collection has: which of them are new is what an alert is about."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, or_, select, tuple_, update

from ledger.schema import failure_kind, run
from ledger.store import Store
from models.failure import FailureClass

Kind = tuple[str, str]
"""Class and code of a failure."""
QUIET = timedelta(days=7)
"""How long a transient kind has to be away to be new again: a service that is shaky each night is one piece of news."""
_KEY = ["catalog", "collection_id", "origin", "kind", "code"]


class FailureKinds(Store):
    """Open and resolve kinds of failure."""

    def note_failures(self, collection_id: str, found: Iterable[Kind], origin: str = "") -> set[Kind]:
        """Write down which kinds of failure there are now, and return those that are new.

        A kind is new if it was never there, or was resolved since; one that passes by itself (class transient) only if
        it was away for `QUIET`. What is not found any more is resolved, but for kinds of Items while a run is at work
        on the Collection: it may have taken up just those Items. Of two processes that find a kind, one gets it as
        new.

        Args:
            collection_id: Collection of the GeoCatalog, "" if there is none.
            found: all kinds of this origin.
            origin: "" for kinds of Items; else which runs failed as a whole.
        """
        kinds, now = sorted(set(found)), self._now()
        mine = (
            failure_kind.c.catalog == self._catalog,
            failure_kind.c.collection_id == collection_id,
            failure_kind.c.origin == origin,
        )
        pair = tuple_(failure_kind.c.kind, failure_kind.c.code)
        with self._database.write() as connection:
            rows = [self._row(collection_id, origin, kind, now) for kind in kinds]
            new = {kind for row in rows for kind in self._open(connection, row, now)}
            connection.execute(update(failure_kind).where(*mine, pair.in_(kinds)).values(seen=now, resolved=None))
            if origin or not self._is_worked_on(connection, collection_id, now):
                gone = (*mine, pair.not_in(kinds), failure_kind.c.resolved.is_(None))
                connection.execute(update(failure_kind).where(*gone).values(resolved=now))
        return new

    def _row(self, collection_id: str, origin: str, kind: Kind, now: datetime) -> dict[str, Any]:
        key = dict(zip(_KEY, (self._catalog, collection_id, origin, *kind), strict=True))
        return {**key, "opened": now, "seen": now, "resolved": None}

    def _open(self, connection: Connection, row: dict[str, Any], now: datetime) -> list[Kind]:
        """Open a kind that is new; return it, or nothing."""
        c = failure_kind.c
        comes_and_goes = c.kind == FailureClass.TRANSIENT.value
        is_new = and_(c.resolved.is_not(None), or_(~comes_and_goes, c.seen < now - QUIET))
        opened = (
            self._insert(failure_kind)
            .values(row)
            .on_conflict_do_update(
                index_elements=_KEY, set_={"opened": now, "seen": now, "resolved": None}, where=is_new
            )
            .returning(c.kind, c.code)
        )
        return [(found.kind, found.code) for found in connection.execute(opened)]

    def _is_worked_on(self, connection: Connection, collection_id: str, now: datetime) -> bool:
        at_work = (run.c.ended.is_(None), run.c.alive_until > now)
        mine = (run.c.catalog == self._catalog, run.c.collection_id == collection_id)
        return bool(connection.execute(select(exists().where(*mine, *at_work))).scalar())

    def _forget_kinds(self, connection: Connection, collection_id: str) -> None:
        """Drop the kinds of a Collection that is gone."""
        mine = (failure_kind.c.catalog == self._catalog, failure_kind.c.collection_id == collection_id)
        connection.execute(delete(failure_kind).where(*mine))
