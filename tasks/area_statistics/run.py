"""One run: its pairs, its record in the ledger, the threads that make its requests, and its results."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from prefect import task, unmapped

from ledger.records import RunRecord
from models.area_pairs import Pairs, Way, digest
from models.area_results import Results, ResultState
from models.area_statistics import NamedArea, Provider
from models.area_statistics_request import AreaStatisticsRequest
from models.errors import InvalidRequest, TransientError
from models.failure import FailureClass
from models.runs import RunState
from settings import get_ledger_settings
from stac.periods import periods_of, today
from tasks.area_statistics.areas import areas_to_measure
from tasks.area_statistics.colors import colors_of
from tasks.area_statistics.measurer import AreaMeasurer
from tasks.area_statistics.picture_store import PictureStore
from tasks.area_statistics.places import folder_of, ledger_of
from tasks.flow_run import record_of
from tasks.heartbeat import Heartbeat
from tasks.progress import Progress, say
from tasks.retries import RETRIED, UNCACHED

FLOW = "report-area-statistics"
REQUESTS_AT_ONCE = 16
"""As many as an ingest makes at once."""
MOST_BATCHES = 50
"""Task runs that measure: enough to see how far a run is, few enough for the Prefect server."""
MOST_PAIRS = 50_000
"""Pairs of one run: some hours at 16 requests at once, and a table of 10 MB."""
AUTO_PICTURES = 300
"""Pairs up to which pictures are drawn unless the request says so: they take some 30 MB, and a minute."""


class Measuring:
    """A run at work. No dataclass: Prefect would search each area for futures.

    Args:
        pictures: None if none are wanted.
    """

    def __init__(self, pairs: Pairs, measurer: AreaMeasurer, pictures: PictureStore | None) -> None:
        self.pairs = pairs
        self.measurer = measurer
        self.pictures = pictures
        self.batches = {_label(batch): batch for batch in pairs.batches(MOST_BATCHES)}


def _label(areas: list[NamedArea]) -> str:
    return areas[0].name if len(areas) == 1 else f"{areas[0].name} to {areas[-1].name}"


@task(name="plan-area-statistics", task_run_name="find areas and periods", **RETRIED, **UNCACHED)
def plan_pairs(request: AreaStatisticsRequest, provider: Provider) -> Pairs:
    """Return the areas and periods that a request asks for.

    Raises:
        InvalidRequest: an area cannot be measured, or there are too many pairs.
    """
    way = Way.of(request)
    provider.check(way.index, clear_only=way.clear_only)
    named = provider.areas() if request.all_observearth else areas_to_measure(request, get_ledger_settings().areas_dir)
    periods = periods_of(request, today())
    if not named:
        raise InvalidRequest(f"{request.provider} keeps no geometries of yours: create one there, or name areas.")
    if len(named) * len(periods) > MOST_PAIRS:
        raise InvalidRequest(
            f"{len(named):,} areas in {len(periods):,} periods are more than {MOST_PAIRS:,} pairs: run them in parts."
        )
    pairs = Pairs(provider.prepare(named), periods, way)
    span = f"{periods[0].label} to {periods[-1].label}"
    say(f"{len(pairs)} pairs of area and period ({len(pairs.areas)} x {len(periods)}), {span}, of {way.index.name}")
    return pairs


@contextmanager
def measuring(pairs: Pairs, request: AreaStatisticsRequest, provider: Provider) -> Iterator[Measuring]:
    """Record a run in the ledger from begin to end, and provide what its task runs share."""
    run_id, ledger = str(uuid4()), ledger_of(request.provider)
    ledger.begin_run(_record(run_id, pairs, request))
    heartbeat = Heartbeat(ledger, run_id)
    pool = ThreadPoolExecutor(REQUESTS_AT_ONCE, thread_name_prefix="measure")
    state, progress = RunState.FAILED, Progress(len(pairs), what="Pairs of area and period")
    pictures = _pictures(pairs, request, provider)
    measurer = AreaMeasurer(
        provider,
        pairs,
        ledger,
        run_id,
        pool,
        pictures=pictures,
        only_failed=request.only_failed,
        settle=progress.settle,
    )
    try:
        heartbeat.start()
        progress.publish(f"{request.provider}-{pairs.way.index.name}-progress")
        yield Measuring(pairs, measurer, pictures)
        state = RunState.COMPLETED
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        heartbeat.stop()
        counts = Counter(result.state.value for result in results_of(pairs))
        ledger.end_run(run_id, RunState.FAILED if counts[ResultState.FAILED] else state, dict(counts))


def _record(run_id: str, pairs: Pairs, request: AreaStatisticsRequest) -> RunRecord:
    of = pairs.way.collection_id or pairs.way.provider
    return record_of(run_id, FLOW, of, request, signature=digest(pairs.way.as_json()))


def _pictures(pairs: Pairs, request: AreaStatisticsRequest, provider: Provider) -> PictureStore | None:
    wanted = request.pictures == "all" or (request.pictures == "auto" and len(pairs) <= AUTO_PICTURES)
    if not wanted:
        return None
    return PictureStore(folder_of(request) / ".pictures", provider, pairs.way, colors_of(request))


@task(name="measure-areas", task_run_name="measure {label}", **RETRIED, **UNCACHED)
def measure_batch(label: str, work: Measuring) -> str:
    """Measure a batch of areas in all periods; a pair that fails does not stop the others.

    Returns:
        How it went, in words; the results are in the ledger.

    Raises:
        TransientError: pairs failed, and may not if they are asked for again.
    """
    results = work.measurer.measure(work.batches[label])
    counts = Counter(result.state.value for result in results)
    passing = [r for r in results if r.failure is not None and r.failure.kind is FailureClass.TRANSIENT]
    if passing and passing[0].failure:
        raise TransientError(f"{len(passing)} of {len(results)} pairs failed: {passing[0].failure.message}")
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def measure_pairs(work: Measuring) -> Results:
    """Measure all pairs, and return their results.

    Raises:
        CredentialsError: the sign-in is not accepted, or ended while the run went on.
        LedgerUnusable: results cannot be written down.
    """
    futures = measure_batch.map(list(work.batches), work=unmapped(work))
    for future in futures:
        future.wait()
        error: Any = future.state.result(raise_on_failure=False)
        if isinstance(error, BaseException) and not isinstance(error, TransientError):
            raise error
    results = results_of(work.pairs)
    if len(results) < len(work.pairs):
        raise TransientError("The ledger could not be reached: results are missing. Run it again.")
    return results


def results_of(pairs: Pairs) -> Results:
    """Return the results that the ledger has, under the names that areas and periods have in this run."""
    keys = [(pairs.key_of(area, period), area, period) for area in pairs.areas for period in pairs.periods]
    known = ledger_of(pairs.way.provider).measurements(key for key, _, _ in keys)
    return Results(
        [
            known[key].model_copy(update={"area": area.name, "period": period})
            for key, area, period in keys
            if key in known
        ]
    )
