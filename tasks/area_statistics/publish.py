"""The report of a run, its artifacts in the Prefect UI, and the state in which the run ends."""

from pathlib import Path
from typing import Any, cast

from prefect import task
from prefect.artifacts import create_image_artifact, create_markdown_artifact, create_table_artifact
from prefect.states import Completed

from models.area_report import AreaStatisticsReport, ResultFiles
from models.area_results import Results, ResultState
from models.errors import RunFailed
from models.redact import redact
from stac.configuration import slug
from tasks.area_statistics.results import summaries_of
from tasks.area_statistics.run import Measuring
from tasks.report import MAX_ROWS
from tasks.report_census import chart_url
from tasks.retries import UNCACHED


def report_of(results: Results, work: Measuring, files: ResultFiles) -> AreaStatisticsReport:
    """Return the results as their report."""
    pairs, states = work.pairs, [result.state for result in results]
    return AreaStatisticsReport(
        index=pairs.way.index.name,
        provider=pairs.way.provider,
        periods=len(pairs.periods),
        first=pairs.periods[0].label,
        last=pairs.periods[-1].label,
        pairs=len(pairs),
        measured=states.count(ResultState.MEASURED),
        empty=states.count(ResultState.NO_IMAGERY),
        failed=states.count(ResultState.FAILED),
        asked=len(work.measurer.measured),
        summaries=summaries_of(results),
        failures=[
            redact(f"{result.area} in {result.period.label}: {result.failure.message}")
            for result in results
            if result.failure
        ],
        files=files,
    )


@task(name="publish-area-statistics", task_run_name="publish report", **UNCACHED)
def publish_area_statistics(report: AreaStatisticsReport) -> None:
    """Publish summary, table by area, failed pairs and the comparison."""
    key = slug(f"{report.provider}-{report.index}")
    create_markdown_artifact(summary_of(report), key=f"{key}-summary", description=report.title)
    create_table_artifact(summary_rows(report), key=f"{key}-areas", description=report.title)
    if report.failures:
        failed: list[dict[str, Any]] = [{"failed": each} for each in report.failures[:MAX_ROWS]]
        create_table_artifact(failed, key=f"{key}-failed", description=f"{report.failed} failed pairs")
    if report.files.comparison:
        picture = chart_url(Path(report.files.comparison))
        create_image_artifact(picture, key=f"{key}-comparison", description=report.title)


def summary_rows(report: AreaStatisticsReport) -> list[dict[str, Any]]:
    """Return a table by area, at most `MAX_ROWS` rows."""
    return [
        {
            "area": area.name,
            "mean": _rounded(area.mean),
            "least": _rounded(area.low),
            "least in": area.lowest,
            "greatest": _rounded(area.high),
            "greatest in": area.highest,
            "measured": area.measured,
            "no imagery": area.empty,
            "failed": area.failed,
        }
        for area in report.summaries[:MAX_ROWS]
    ]


def summary_of(report: AreaStatisticsReport) -> str:
    """Return the report as Markdown."""
    lines = [
        f"# {report.title}",
        report.sentence,
        "",
        "| areas | periods | measured | no imagery | failed | asked for by this run |",
        "|---:|---:|---:|---:|---:|---:|",
        f"| {len(report.summaries)} | {report.periods} | {report.measured} | {report.empty} | {report.failed} |"
        f" {report.asked} |",
        "",
        f"Report: `{report.files.page}`",
        "",
        f"Table: `{report.files.csv}`, `{Path(report.files.parquet).name}`. Provider: {report.provider}.",
    ]
    if len(report.summaries) > MAX_ROWS:
        lines.append(f"\nThe table by area has the first {MAX_ROWS} of {len(report.summaries):,}.")
    return "\n".join(lines)


def conclude_area_statistics(report: AreaStatisticsReport) -> AreaStatisticsReport:
    """Return the report; a run that found no imagery at all ends as Completed too, but by the name of NoImagery.

    Raises:
        RunFailed: pairs failed; all others are done.
    """
    if report.failed:
        raise RunFailed(report.sentence)
    if not report.measured:
        # A state returned by a flow becomes the run's state, and its data the flow's result.
        return cast(AreaStatisticsReport, Completed(name="NoImagery", message=report.sentence, data=report))
    return report


def _rounded(value: float | None) -> float | str:
    return "" if value is None else round(value, 4)
