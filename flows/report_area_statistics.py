"""Statistics, charts, pictures and a report of many areas in many periods."""

import time

from prefect import flow

from models.area_report import AreaStatisticsReport
from models.area_statistics_request import AreaStatisticsRequest
from tasks.alerts import announce_new_failures
from tasks.area_statistics.elsewhere import measure_elsewhere
from tasks.area_statistics.publish import conclude_area_statistics, publish_area_statistics, report_of
from tasks.area_statistics.results import draw_animations, draw_charts, write_report_page, write_table
from tasks.area_statistics.run import REQUESTS_AT_ONCE, measure_pairs, measuring, plan_pairs
from tasks.statistics_provider import open_provider
from tasks.threads import threads


@flow(
    name="report-area-statistics",
    flow_run_name="{request.index} of {request.provider}, {request.when}",
    on_completion=[announce_new_failures],
    on_failure=[announce_new_failures],
    task_runner=threads(REQUESTS_AT_ONCE),
)
def report_area_statistics(request: AreaStatisticsRequest) -> AreaStatisticsReport:
    """Measure an index in each area and period, and write table, charts, pictures, animations and a report.

    A pair that fails does not stop the others. Running the same request again, or Retry in the Prefect UI, asks only
    for what failed, and for what newer imagery has changed. No imagery is an answer, not an error. With a deployment,
    child runs measure elsewhere; what they leave in the ledger is not measured again.

    Args:
        request: which areas and periods, what of them, and who measures.

    Raises:
        RunFailed: at least one pair failed; all others are done, and in the report.
    """
    started = time.monotonic()
    provider = open_provider(request.provider, request.collection_id)
    measure_elsewhere(request)
    pairs = plan_pairs(request, provider)
    with measuring(pairs, request, provider) as work:
        results = measure_pairs(work)

        files = write_table(results, pairs, request)
        files = draw_charts(results, pairs, files, each_area=request.charts)
        files = draw_animations(results, work, files, request.frame_milliseconds)
        report = write_report_page(report_of(results, work, files), results, pairs)
    report.seconds = round(time.monotonic() - started, 1)
    publish_area_statistics(report)
    return conclude_area_statistics(report)
