"""Area statistics: what became of each area and period, and what it was made of."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, select

from ledger.items import chunks
from ledger.measurement_table import area_measurement
from ledger.store import CHUNK, Store
from models.area import JsonDict
from models.area_results import AreaResult, ResultState
from models.area_statistics import Period, Statistics
from models.failure import Failure, FailureClass
from models.redact import redact


class Measurements(Store):
    """Record and look up results."""

    def measurements(self, keys: Iterable[str]) -> dict[str, AreaResult]:
        """Return the results that the ledger has, by key; those that it does not know are left out."""
        found: dict[str, AreaResult] = {}
        table = area_measurement
        with self._database.read() as connection:
            for chunk in chunks(list(keys), CHUNK):
                query = select(table).where(table.c.catalog == self._catalog, table.c.key.in_(chunk))
                found.update({row.key: _result(row) for row in connection.execute(query)})
        return found

    def record_measurements(self, run_id: str, results: Mapping[str, AreaResult], way: JsonDict) -> None:
        """Write down results by key, all or none; an earlier result of a key is replaced.

        Args:
            way: index, provider and conditions, in words.

        Raises:
            ValueError: the run was not begun.
        """
        if not results:
            return
        with self._database.write() as connection:
            common = {
                "catalog": self._catalog,
                "run": self._run_key(connection, run_id),
                "way": way,
                "updated": self._now(),
            }
            rows = [{**common, "key": key, **_columns(results[key])} for key in sorted(results)]
            statement = self._insert(area_measurement)
            values = {name: statement.excluded[name] for name in rows[0] if name not in ("catalog", "key")}
            connection.execute(statement.on_conflict_do_update(index_elements=["catalog", "key"], set_=values), rows)


def _columns(result: AreaResult) -> dict[str, Any]:
    failure, statistics = result.failure, result.statistics
    return {
        "area": result.area,
        "period": result.period.label,
        "period_start": result.period.start,
        "period_end": result.period.end,
        "state": result.state.value,
        "source": result.source,
        "item_id": statistics.item_id if statistics else None,
        "statistics": statistics.model_dump(mode="json") if statistics else None,
        "code": failure.code if failure else None,
        "message": redact(failure.message) if failure else None,
        "kind": failure.kind.value if failure else None,
    }


def _result(row: Row[Any]) -> AreaResult:
    failure = None
    if row.code is not None:
        failure = Failure(code=row.code, message=row.message or "", kind=FailureClass(row.kind))
    return AreaResult(
        area=row.area,
        period=Period(label=row.period, start=row.period_start, end=row.period_end),
        state=ResultState(row.state),
        source=row.source,
        statistics=Statistics.model_validate(row.statistics) if row.statistics else None,
        failure=failure,
    )
