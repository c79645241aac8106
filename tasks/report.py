"""Publish what a flow run did, as artifacts of the Prefect UI."""

import base64
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image
from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.utilities.annotations import opaque

from models.outcomes import ItemOutcome, ItemState
from models.reports import IngestReport, OnboardReport, RemoveReport
from stac.configuration import slug
from tasks.retries import UNCACHED

MAX_ROWS = 500
"""Rows of a table: artifacts are one request to the Prefect server, and its page shows them all at once."""
PICTURE_WIDTH = 640
"""Pixels of the picture in the UI; as JPEG it takes some 60 kB, and travels inside the artifact."""
_MARKS = {ItemState.PROVEN: "✓", ItemState.INGESTED: "✓"}


def outcomes_text(outcomes: list[ItemOutcome], explorer_url: str) -> str:
    """Return what became of Items as Markdown, failed ones first with their causes, at most `MAX_ROWS` of them.

    Markdown, since Prefect's newer pages show no links in table artifacts; causes in a list, since only there do long
    ones wrap.

    Args:
        explorer_url: page of the Collection, on which each Item is shown.
    """
    shown = sorted(outcomes, key=lambda outcome: (not outcome.is_failed, outcome.item_id))[:MAX_ROWS]
    causes = [f"- ✗ {_link(outcome, explorer_url)}: {_cause(outcome)}" for outcome in shown if outcome.failure]
    rows = [
        f"| {_link(outcome, explorer_url)} | {_MARKS.get(outcome.state, '✗')} {outcome.state.value} |"
        f" {outcome.attempts} | {outcome.assets_read} |"
        for outcome in shown
    ]
    table = ["| Item | state | attempts | assets read |", "|---|---|---:|---:|", *rows]
    return "\n".join([*causes, "", *table] if causes else table)


def _link(outcome: ItemOutcome, explorer_url: str) -> str:
    return f"[{outcome.item_id}]({explorer_url}#{quote(outcome.item_id)})"


def _cause(outcome: ItemOutcome) -> str:
    failure = outcome.failure
    if failure is None:
        return ""
    operation = f" (operation {outcome.operation_id})" if outcome.operation_id else ""
    message = " ".join(failure.message.split()).replace("<", "&lt;")
    return f"**{failure.code}**, {failure.kind.value}. {message}{operation}"


def ingest_summary(report: IngestReport) -> str:
    """Return the report as Markdown."""
    lines = [
        f"# {report.collection_id}",
        report.sentence,
        "",
        "| matched | proven before | in the catalog before | planned | ingested | proven | failed |",
        "|---:|---:|---:|---:|---:|---:|---:|",
        f"| {report.matched} | {report.done} | {report.present} | {report.planned} | {report.ingested} |"
        f" {report.proven} | {report.failed} |",
        "",
        f"Signed assets read back: {report.proof}. Time: {report.seconds:.1f} s.",
    ]
    lines.extend(f"\n{note}" for note in report.notes)
    lines.append(f"\n[{report.collection_id} in the Explorer]({report.explorer_url})")
    return "\n".join(lines)


def picture_url(path: Path, width: int = PICTURE_WIDTH) -> str:
    """Return the picture as a JPEG in a data URL: the GeoCatalog's own pictures need a sign-in.

    Args:
        width: most pixels of its longer side.
    """
    with Image.open(path) as image:
        image.thumbnail((width, width))
        buffer = BytesIO()
        image.convert("RGB").save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def publish_ingest(report: IngestReport) -> None:
    """Publish summary, table of outcomes and preview of an ingest."""
    _publish_ingest(opaque(report))  # Prefect would look for futures in the outcomes of ten thousand Items


@task(name="publish-report", task_run_name="publish report of {report.collection_id}", **UNCACHED)
def _publish_ingest(report: Any) -> None:
    key = slug(report.collection_id)
    create_markdown_artifact(ingest_summary(report), key=f"{key}-summary", description=report.sentence)
    if report.outcomes:
        description = f"{len(report.outcomes)} Items, failed ones first"
        text = outcomes_text(report.outcomes, report.explorer_url)
        create_markdown_artifact(text, key=f"{key}-outcomes", description=description)
    if report.verification and report.verification.preview_path:
        picture = picture_url(Path(report.verification.preview_path))
        # two paragraphs: Prefect's pages draw no picture inside of a link
        text = f"![Preview]({picture})\n\n[{report.collection_id} in the Explorer]({report.explorer_url})"
        description = f"{report.verification.item_id} as the GeoCatalog renders it"
        create_markdown_artifact(text, key=f"{key}-preview", description=description)


@task(name="publish-report", task_run_name="publish report of {report.collection_id}", **UNCACHED)
def publish_onboard(report: OnboardReport) -> None:
    """Publish what was done to a Collection."""
    written = ", ".join(report.changed) or "nothing"
    lines = [
        f"# {report.collection_id}",
        f"Collection {report.action}; written: {written}.",
        "",
        f"- Render options: {', '.join(report.render_options) or 'none'}",
        f"- Mosaics: {', '.join(report.mosaics)}",
        f"- [Explorer]({report.explorer_url})",
    ]
    create_markdown_artifact("\n".join(lines), key=f"{slug(report.collection_id)}-collection")


@task(name="publish-report", task_run_name="publish report of {report.collection_id}", **UNCACHED)
def publish_removal(report: RemoveReport) -> None:
    """Publish what was deleted, or would be."""
    verb = "would be deleted" if report.dry_run else "deleted"
    rows: list[dict[str, object]] = [{"kind": "Item", "id": item_id, "": verb} for item_id in report.items[:MAX_ROWS]]
    rows += [{"kind": "Collection", "id": report.collection_id, "": verb}] if report.existed else []
    rows += [
        {"kind": "ingestion source", "id": source, "": "kept" if source in report.kept_sources else verb}
        for source in report.sources
    ]
    if rows:
        create_table_artifact(rows, key=f"{slug(report.collection_id)}-removal", description=f"{len(rows)} {verb}")
