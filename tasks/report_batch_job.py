"""Show what a script wrote on the nodes, as an artifact."""

from prefect import task
from prefect.artifacts import create_markdown_artifact

from models.batch_job import BatchJobReport, ScriptRun
from stac.configuration import slug
from tasks.progress import say
from tasks.retries import UNCACHED


def batch_job_summary(report: BatchJobReport) -> str:
    """Return the report as Markdown."""
    return "\n".join([f"# Batch job {report.job_id}", report.sentence, *map(_section, report.shown)])


def _section(run: ScriptRun) -> str:
    title = f"\n## {run.task_id}" + (f": {run.argument}" if run.argument else "")
    failure = f"\n**Failed:** {run.failure}" if run.failure else ""
    stderr = f"\n`stderr.txt`\n{_fenced(run.stderr)}" if run.stderr and run.failure else ""
    return f"{title}{failure}\n`stdout.txt`\n{_fenced(run.stdout)}{stderr}"


def _fenced(text: str) -> str:
    fence = "~~~~"  # longer than what output is likely to hold
    return f"{fence}\n{text.rstrip() or '(empty)'}\n{fence}"


@task(name="publish-batch-job", task_run_name="publish report of {report.job_id}", **UNCACHED)
def publish_batch_job(report: BatchJobReport, job: str) -> None:
    """Publish the output of the script, under one key for each kind of job, so that the UI keeps its history."""
    create_markdown_artifact(batch_job_summary(report), key=f"batch-job-{slug(job)}", description=report.sentence)
    say(report.sentence)
