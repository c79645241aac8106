"""Child runs of a backfill: which there are, which are done, and running the others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prefect import task
from prefect.runtime import flow_run
from prefect.transactions import BaseTransaction

from ledger.ledger import Ledger
from models.area import JsonDict
from models.errors import GeoCatalogFlowsError, TooManyItems
from models.period import bounds_of
from models.reports import ChildReport, IngestReport
from models.requests import BackfillRequest, IngestRequest, as_parameters
from models.runs import RunState
from stac.windows import Window, days, halves, months
from tasks.ledger import ledger
from tasks.progress import say
from tasks.retries import UNCACHED
from tasks.run_elsewhere import run_elsewhere
from tasks.stopping import raise_if_stopping
from tasks.window import signature_of

RUNS_LOOKED_AT = 10_000
"""Runs of the ledger among which a finished child is looked for."""
PROOFS = ("none", "sample", "auto", "all")
"""Values of `proof`, each of which reads back no less than the one before it."""


def windows_of(request: BackfillRequest, now: datetime) -> list[Window]:
    """Return the windows of the child runs, in order of time; none ends in the future."""
    start, end = bounds_of(request.ingest.datetime_range)
    assert start and end  # noqa: S101 - the request was validated
    whole = Window(start, min(end, now))
    return days(whole) if request.every == "day" else months(whole)


def finished(request: IngestRequest, known: Ledger) -> set[Window]:
    """Return the windows for which the ledger has a run of the same request that ended well, and did all of it."""
    runs = known.runs(signature=signature_of(request), limit=RUNS_LOOKED_AT)
    return {
        Window(run.window_start, run.window_end)
        for run in runs
        if run.state is RunState.COMPLETED and run.window_start and run.window_end and _did(run.request, request)
    }


def _did(earlier: JsonDict, request: IngestRequest) -> bool:
    """Tell whether a run took the whole window, and replaced and proved as much as is asked for now.

    Args:
        earlier: the run's request, of the same signature, without its defaults.
    """
    if earlier.get("max_items") or earlier.get("item_ids"):
        return False
    if request.replace_changed and not earlier.get("replace_changed"):
        return False
    return PROOFS.index(earlier.get("proof", "auto")) >= PROOFS.index(request.proof)


@dataclass(frozen=True)
class Children:
    """How child runs are run.

    Attributes:
        ingest: the flow, for child runs in this process.
        slots: as many as may be at work at once.
    """

    request: BackfillRequest
    ingest: Any
    slots: threading.Semaphore

    def run(self, window: Window) -> list[ChildReport]:
        """Run one child; two, if it has too many Items."""
        child = self.request.ingest.model_copy(update={"datetime_range": window.text})
        with self.slots:
            try:
                raise_if_stopping()
                return [ChildReport(window=window.text, state="done", message=self._run(child))]
            except TooManyItems as error:
                error.__traceback__ = None  # its frames hold all Items of the attempt, and Prefect holds the error
                parts = halves(window)
                if len(parts) == 1:
                    return [ChildReport(window=window.text, state="failed", message=str(error))]
            except GeoCatalogFlowsError as error:
                return [ChildReport(window=window.text, state="failed", message=str(error))]
        return [report for part in parts for report in self.run(part)]

    def _run(self, child: IngestRequest) -> str:
        if self.request.deployment is None:
            with _no_transaction():
                report: IngestReport = self.ingest(child)
            return report.sentence
        key = f"{flow_run.id}-{flow_run.run_count}-{child.datetime_range}"
        state = run_elsewhere(self.request.deployment, as_parameters(child), key).state
        assert state is not None  # noqa: S101 - it has ended
        message = state.message or str(state.name)
        if not state.is_completed():
            raise (TooManyItems if "TooManyItems" in message else GeoCatalogFlowsError)(message)
        return str(message)


@contextmanager
def _no_transaction() -> Iterator[None]:
    """Hide the transaction of this task run: Prefect would keep all task runs of a child in it, for a rollback."""
    token = BaseTransaction.__var__.set(None)  # type: ignore[arg-type]  # None: there is none
    try:
        yield
    finally:
        BaseTransaction.__var__.reset(token)


@task(name="plan-children", task_run_name="plan child runs", **UNCACHED)
def plan_children(request: BackfillRequest) -> tuple[list[Window], list[Window]]:
    """Return the windows of the child runs to run, and of those that are done already."""
    windows = windows_of(request, datetime.now(UTC))
    done = finished(request.ingest, ledger())
    left = [window for window in windows if window not in done]
    say(f"{len(windows)} child runs, {len(windows) - len(left)} of them done before")
    return left, [window for window in windows if window in done]


@task(name="child-run", task_run_name="child run {window.text}", **UNCACHED)
def run_child(window: Window, children: Any) -> list[ChildReport]:
    """Run one child (`Children` says how); return its report, or those of its halves.

    Raises:
        GeoCatalogFlowsError: it failed; the message says why.
    """
    reports: list[ChildReport] = children.run(window)
    for report in reports:
        say(f"{report.window}: {report.state}: {report.message}")
    return reports
