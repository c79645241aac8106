"""Publish what a flow run did, as artifacts of the Prefect UI."""

import base64
from io import BytesIO
from pathlib import Path

from PIL import Image
from prefect import task
from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)

from models.outcomes import ItemOutcome
from models.reports import IngestReport, OnboardReport, RemoveReport
from stac.configuration import slug
from tasks.retries import UNCACHED

MAX_ROWS = 500
"""Rows of a table: artifacts are one request to the Prefect server, and its page shows them all at once."""
PICTURE_WIDTH = 512
"""Pixels of the picture in the UI; as JPEG it takes some 40 kB, and travels inside the artifact."""


def outcome_rows(outcomes: list[ItemOutcome]) -> list[dict[str, object]]:
    """Return a table of outcomes, failed Items first, at most `MAX_ROWS` of them; causes only where there are any."""
    ordered = sorted(outcomes, key=lambda outcome: (not outcome.is_failed, outcome.item_id))
    with_causes = any(outcome.is_failed for outcome in outcomes)
    return [
        {
            "Item": outcome.item_id,
            "state": outcome.state.value,
            **(_cause(outcome) if with_causes else {}),
            "attempts": outcome.attempts,
            "assets read": outcome.assets_read,
            "operation": outcome.operation_id or "",
        }
        for outcome in ordered[:MAX_ROWS]
    ]


def _cause(outcome: ItemOutcome) -> dict[str, object]:
    failure = outcome.failure
    return {
        "class": failure.kind.value if failure else "",
        "code": failure.code if failure else "",
        "message": failure.message if failure else "",
    }


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
    if report.limited:
        lines.append("\nThe source has more Items that match: the run stopped at its maximum.")
    if report.stripped_assets:
        lines.append(f"\nAssets left out, since they are no files: {', '.join(report.stripped_assets)}.")
    if report.verification:
        v = report.verification
        lines.append(f"\nVerified: {v.asset} of {v.item_id}, {v.width} x {v.height} pixels, {v.bytes_read:,} bytes.")
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


@task(name="publish-report", task_run_name="publish report of {report.collection_id}", **UNCACHED)
def publish_ingest(report: IngestReport) -> None:
    """Publish summary, table of outcomes, preview and link of an ingest."""
    key = slug(report.collection_id)
    create_markdown_artifact(ingest_summary(report), key=f"{key}-summary", description=report.sentence)
    if report.outcomes:
        description = f"{len(report.outcomes)} Items, failed ones first"
        create_table_artifact(outcome_rows(report.outcomes), key=f"{key}-outcomes", description=description)
    if report.verification and report.verification.preview_path:
        picture = picture_url(Path(report.verification.preview_path))
        create_image_artifact(picture, key=f"{key}-preview", description=report.verification.item_id)
    create_link_artifact(
        report.explorer_url, link_text=f"{report.collection_id} in the Explorer", key=f"{key}-explorer"
    )


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
