"""Ingest a long window in child runs."""

import threading

from prefect import flow, unmapped

from flows.ingest_items import ingest_items
from models.errors import ChildRunsFailed
from models.reports import BackfillReport, ChildReport
from models.requests import BackfillRequest
from tasks.alerts import announce_new_failures
from tasks.check import check_geocatalog, require_collection
from tasks.children import Children, plan_children, run_child
from tasks.report_backfill import publish_backfill
from tasks.threads import threads

THREADS = 50
"""Child runs waited for at once, at most; how many are at work is the request's to say."""


@flow(
    name="backfill",
    flow_run_name="{request.ingest.collection_id} {request.ingest.datetime_range}",
    on_completion=[announce_new_failures],
    on_failure=[announce_new_failures],
    task_runner=threads(THREADS),
)
def backfill(request: BackfillRequest) -> BackfillReport:
    """Split a window into child runs, run them, and report on each. A rerun takes up the unfinished ones only.

    Args:
        request: what to ingest, how long a child is, and where children run.

    Raises:
        ChildRunsFailed: child runs failed; all others are done.
    """
    check_geocatalog()
    require_collection(request.ingest.collection_id)
    left, done = plan_children(request)
    children = Children(request, ingest_items, threading.Semaphore(request.at_once))
    ended = run_child.map(left, children=unmapped(children)).result()

    reports = [ChildReport(window=window.text, state="done before") for window in done]
    reports += [report for child in ended for report in child]
    report = BackfillReport(
        collection_id=request.ingest.collection_id, children=sorted(reports, key=lambda child: child.window)
    )
    publish_backfill(report)
    if report.failed:
        raise ChildRunsFailed(report.sentence)
    return report
