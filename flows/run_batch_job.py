"""Run a script on the nodes of an Azure Batch pool."""

from prefect import flow

from models.batch_job import BatchJobReport, BatchJobRequest
from models.errors import RunFailed
from tasks.batch_job import fetch_output, submit_batch_job, wait_for_batch_job
from tasks.batch_job_end import end_cancelled_job
from tasks.report_batch_job import publish_batch_job


@flow(name="run-batch-job", flow_run_name="{request.job}", on_cancellation=[end_cancelled_job])
def run_batch_job(request: BatchJobRequest) -> BatchJobReport:
    """Run a Python or Bash script once for each argument, signed in as the pool's managed identity; show its output.

    Retry in the Prefect UI repeats only the runs of the script that failed. Cancelling ends the job.

    Args:
        request: which script, with which arguments, on which pool.

    Raises:
        RunFailed: a run of the script failed; all others are done.
    """
    job = submit_batch_job(request)
    ended = wait_for_batch_job(job)
    report = fetch_output(job, ended, request)
    publish_batch_job(report, request.job)
    if report.failed:
        raise RunFailed(report.sentence)
    return report
