"""Measure areas in periods: search, statistics, pictures. Each result goes into the ledger; no Prefect here."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from ledger.ledger import Ledger
from models.area_pairs import Pairs
from models.area_results import AreaResult, ResultState
from models.area_statistics import Candidate, NamedArea, Period, Provider, Statistics
from models.errors import CredentialsError, GeoCatalogFlowsError, RefusedError, TransientError
from models.failure import Failure, FailureClass
from tasks.area_statistics.picture_store import PictureStore


class AreaMeasurer:
    """Measures areas; safe to share between threads.

    Args:
        run_id: run of the ledger that is at work.
        pool: threads that make all requests of the run, so that their number is that of requests at once.
        pictures: None if none are wanted.
        only_failed: ask nothing about pairs that are done.
        settle: is told the keys of pairs that have a result.

    Attributes:
        measured: keys of the pairs whose statistics this run asked for.
    """

    def __init__(
        self,
        provider: Provider,
        pairs: Pairs,
        ledger: Ledger,
        run_id: str,
        pool: ThreadPoolExecutor,
        *,
        pictures: PictureStore | None = None,
        only_failed: bool = False,
        settle: Callable[[Iterable[str]], None] = lambda keys: None,
    ) -> None:
        self._provider = provider
        self._pairs = pairs
        self._ledger = ledger
        self._run_id = run_id
        self._pool = pool
        self._pictures = pictures
        self._only_failed = only_failed
        self._settle = settle
        self.measured: set[str] = set()

    def measure(self, areas: list[NamedArea]) -> list[AreaResult]:
        """Return the results of areas in all periods; a pair that fails does not stop the others.

        Raises:
            CredentialsError: no further request would be answered; pairs without a result are undone.
            TransientError, LedgerUnusable: the ledger cannot be used.
        """
        known = self._known(areas)
        searches = [self._pool.submit(self._search, area, self._open_periods(area, known)) for area in areas]
        try:
            return [
                result
                for area, search in zip(areas, searches, strict=True)
                for result in self._measure_area(area, search, known)
            ]
        finally:
            for search in searches:
                search.cancel()

    def _known(self, areas: list[NamedArea]) -> dict[str, AreaResult]:
        return self._ledger.measurements(
            self._pairs.key_of(area, period) for area in areas for period in self._pairs.periods
        )

    def _open_periods(self, area: NamedArea, known: dict[str, AreaResult]) -> list[Period]:
        """Return the periods to ask for."""
        if not self._only_failed:
            return self._pairs.periods
        before = {period.label: known.get(self._pairs.key_of(area, period)) for period in self._pairs.periods}
        return [
            period
            for period in self._pairs.periods
            if (result := before[period.label]) is None or result.state is ResultState.FAILED
        ]

    def _search(self, area: NamedArea, periods: list[Period]) -> dict[str, Candidate | None] | Failure:
        """Return the best Item of each period by its label, or why the search failed."""
        if not periods:
            return {}
        try:
            found = self._provider.find_best_items(area, periods, self._pairs.way.max_cloud)
        except CredentialsError:
            raise
        except GeoCatalogFlowsError as error:
            return failure_of(error)
        return {period.label: item for period, item in zip(periods, found, strict=True)}

    def _measure_area(
        self,
        area: NamedArea,
        search: "Future[dict[str, Candidate | None] | Failure]",
        known: dict[str, AreaResult],
    ) -> list[AreaResult]:
        found = search.result()
        keys = {self._pairs.key_of(area, period): period for period in self._pairs.periods}
        work = {
            key: self._pool.submit(self._result, area, period, key, found, known.get(key))
            for key, period in keys.items()
        }
        try:
            results = {key: result.result() for key, result in work.items()}
        finally:
            for each in work.values():
                each.cancel()
        changed = {key: result for key, result in results.items() if result != known.get(key)}
        self._ledger.record_measurements(self._run_id, changed, self._pairs.way.as_json())
        self._settle(results)
        return list(results.values())

    def _result(
        self,
        area: NamedArea,
        period: Period,
        key: str,
        found: dict[str, Candidate | None] | Failure,
        known: AreaResult | None,
    ) -> AreaResult:
        plain = AreaResult(area=area.name, period=period, state=ResultState.NO_IMAGERY)
        if isinstance(found, Failure):
            kept = {"source": known.source, "statistics": known.statistics} if known else {}
            return plain.model_copy(update={**kept, "state": ResultState.FAILED, "failure": found})
        if period.label not in found and known is not None:
            return known.model_copy(update={"area": area.name, "period": period})
        candidate = found.get(period.label)
        return plain if candidate is None else self._measure_pair(area, plain, key, candidate, known)

    def _measure_pair(
        self, area: NamedArea, plain: AreaResult, key: str, candidate: Candidate, known: AreaResult | None
    ) -> AreaResult:
        """Return the result of a pair that has imagery; statistics of the same imagery are not asked for twice."""
        way = self._pairs.way
        statistics = _lasting(known) if known and known.source == candidate.fingerprint else None
        failure = None
        try:
            if statistics is None:
                self.measured.add(key)
                statistics = self._provider.statistics(area, candidate, way.index, clear_only=way.clear_only)
            if self._pictures and statistics.mean is not None:
                self._pictures.ensure(area, self._pairs.place_of(area), candidate)
        except CredentialsError:
            raise
        except GeoCatalogFlowsError as error:
            failure = failure_of(error)
        has_values = statistics is not None and statistics.mean is not None
        state = ResultState.FAILED if failure else ResultState.MEASURED if has_values else ResultState.NO_IMAGERY
        source = candidate.fingerprint if statistics else None
        return plain.model_copy(update={"state": state, "source": source, "statistics": statistics, "failure": failure})


def _lasting(known: AreaResult) -> Statistics | None:
    """Return statistics that hold as long as the imagery is the same.

    Without a mean and without a count, the provider has said nothing: it may still be at work on that day.
    """
    statistics = known.statistics
    said_nothing = statistics is not None and statistics.mean is None and statistics.count is None
    return None if said_nothing else statistics


def failure_of(error: GeoCatalogFlowsError) -> Failure:
    """Return an error as the cause of a failed pair."""
    if isinstance(error, TransientError):
        return Failure(code="Unavailable", message=str(error), kind=FailureClass.TRANSIENT)
    code = (error.code or f"HTTP {error.status}") if isinstance(error, RefusedError) else type(error).__name__
    return Failure(code=code, message=str(error), kind=FailureClass.PERMANENT)
