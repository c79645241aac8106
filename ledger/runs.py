"""Runs: which there were, and which are at work."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from ledger.records import RunRecord
from ledger.schema import run
from ledger.store import Store
from models.redact import redact_json
from models.runs import RunState

LEASE = timedelta(seconds=20)
"""How long a run counts as alive after it last said so; it says so every 5 s, so that three may get lost."""


class Runs(Store):
    """Begin, keep alive, end and list runs."""

    def begin_run(self, record: RunRecord) -> None:
        """Write down that a run begins; one of the same id begins again. It is alive for `LEASE`."""
        now = self._now()
        columns = {
            name: getattr(record, name)
            for name in ("run_id", "flow", "flow_run_id", "deployment", "collection_id", "signature")
        }
        window = {name: getattr(record, name) for name in ("window_start", "window_end", "asked_at")}
        columns["request"] = redact_json(record.request)
        state = {"state": RunState.RUNNING.value, "counts": {}, "started": now, "ended": None}
        row = {"catalog": self._catalog, **columns, **window, **state, "alive_until": now + LEASE}
        statement = self._insert(run).values(row)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["catalog", "run_id"], set_=row))

    def keep_alive(self, run_id: str, until: datetime) -> None:
        """Say that a run is at work, and will say so again before a time in UTC; a run that has ended stays so."""
        with self._database.write() as connection:
            connection.execute(update(run).where(*self._this(run_id), run.c.ended.is_(None)).values(alive_until=until))

    def end_run(self, run_id: str, state: RunState, counts: dict[str, int]) -> None:
        """Write down how a run ended; Items that it claimed and did not submit are free again."""
        now = self._now()
        with self._database.write() as connection:
            connection.execute(
                update(run).where(*self._this(run_id)).values(state=state.value, counts=counts, ended=now)
            )

    def runs(
        self,
        *,
        collection_id: str | None = None,
        deployment: str | None = None,
        signature: str | None = None,
        limit: int | None = 20,
    ) -> list[RunRecord]:
        """Return runs, newest first; None stands for any, and as a limit for all."""
        wanted = {"collection_id": collection_id, "deployment": deployment, "signature": signature}
        query = select(run).where(run.c.catalog == self._catalog)
        query = query.where(*(run.c[name] == value for name, value in wanted.items() if value is not None))
        query = query.order_by(run.c.started.desc(), run.c.id.desc()).limit(limit)
        now = self._now()
        with self._database.read() as connection:
            return [_record(row, now) for row in connection.execute(query)]

    def runs_named(self, beginning: str) -> list[RunRecord]:
        """Return the run of this id, or the latest of the Prefect flow run of this id, or those whose ids begin so.

        A flow run that was retried is several runs of the ledger. Newest first.
        """
        is_named = or_(*(id_.startswith(beginning, autoescape=True) for id_ in (run.c.run_id, run.c.flow_run_id)))
        query = select(run).where(run.c.catalog == self._catalog, is_named)
        now = self._now()
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(run.c.started.desc(), run.c.id.desc()))
            found = [_record(row, now) for row in rows]
        exact = [record for record in found if record.run_id == beginning]
        return exact or [record for record in found if record.flow_run_id == beginning][:1] or found

    def _renew(self, connection: Connection, run_id: str) -> None:
        """Renew the lease of a run that is evidently at work.

        Raises:
            ValueError: it was not begun, or has ended.
        """
        mine = (*self._this(run_id), run.c.ended.is_(None))
        known = connection.execute(select(run.c.alive_until).where(*mine)).scalar()
        if known is None:
            raise ValueError(f"the run {run_id} was not begun, or has ended")
        until = self._now() + LEASE
        if known < until - LEASE / 2:
            connection.execute(update(run).where(*mine).values(alive_until=until))

    def _this(self, run_id: str) -> tuple[Any, Any]:
        return run.c.catalog == self._catalog, run.c.run_id == run_id


def _record(row: Row[Any], now: datetime) -> RunRecord:
    hidden = ("id", "catalog", "alive_until")
    values = {name: value for name, value in row._mapping.items() if name not in hidden}
    is_alive = row.ended is None and row.alive_until > now
    return RunRecord(**{**values, "state": RunState(row.state), "is_alive": is_alive})
