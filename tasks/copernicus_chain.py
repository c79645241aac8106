"""The way of products into the GeoCatalog: download, stage, submit, wait, prove; five task runs for each group."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.futures import PrefectFuture, as_completed

from clients.copernicus.disk import NoSpace
from clients.copernicus.errors import ProductNotDownloaded
from models.area import JsonDict
from models.copernicus import ProductState
from models.errors import GeoCatalogFlowsError, RefusedError, Stopped, TransientError
from models.failure import Failure, FailureClass
from models.outcomes import ItemOutcome
from models.redact import redact
from tasks.cog import NotConverted
from tasks.connection_slots import ConnectionsTaken
from tasks.copernicus_work import CopernicusWork
from tasks.outcomes import outcomes_of
from tasks.plan import Batch
from tasks.prove import prove_batch
from tasks.retries import RETRIED, UNCACHED, if_transient
from tasks.safe import UnreadableProduct
from tasks.settle import settle_batch
from tasks.spare_files import held
from tasks.submit import BatchFailed, Submitted, submit_batch

Steps = tuple[PrefectFuture[Any], ...]
STOPS = (Stopped, ConnectionsTaken)
"""Errors that end the run before it has asked for all products: those are undone, not failed."""


def if_it_may_pass(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Tell whether trying again in a minute makes sense: not after half an hour without a connection."""
    is_stop = isinstance(state.result(raise_on_failure=False), STOPS)
    return if_transient(task, run, state) and not is_stop


REPEATED: dict[str, Any] = {**RETRIED, **UNCACHED, "retry_condition_fn": if_it_may_pass}


@task(name="download", task_run_name="download {batch.label}", **REPEATED)
def download_part(batch: Batch, work: Any) -> Batch:
    """Download the products of a batch, one after the other, as soon as there is room; return those that are here.

    Args:
        work: the `CopernicusWork` that all task runs of the ingest share.

    Raises:
        BatchFailed: none of them could be had.
        CredentialsError, ConnectionsTaken, TransientError: nothing can be had now.
    """
    work.room.enter(batch.item_ids[0], work.plan.needed(batch), work.plan.bytes_here(batch))
    return _each(batch, work, _download)


@task(name="stage", task_run_name="stage {batch.label}", **REPEATED)
def stage_part(batch: Batch, work: Any) -> Batch:
    """Put the files of a batch's products into the staging container; return those of which there is an Item now.

    Args:
        work: the `CopernicusWork` that all task runs of the ingest share.

    Raises:
        BatchFailed: none of them could be staged.
        CredentialsError, TransientError: of the container.
    """
    return _each(batch, work, _stage)


@task(name="submit", task_run_name="submit {batch.label}", **RETRIED, **UNCACHED)
def submit_part(batch: Batch, work: Any) -> Submitted:
    """Send the Items of a batch, and write down of which products they are.

    Args:
        work: the `CopernicusWork` that all task runs of the ingest share.

    Raises:
        BatchFailed: each of them was refused.
    """
    submitted: Submitted = submit_batch.fn(batch, work.ingest)
    sent = [item_id for submission in submitted.submissions for item_id in submission.item_ids]
    work.note(sent, ProductState.SUBMITTED)
    return submitted


def _each(batch: Batch, work: CopernicusWork, step: Callable[[str, CopernicusWork], None]) -> Batch:
    """Take each product a step further; return the batch without those that it gave up."""
    for item_id in batch.item_ids:
        if item_id not in work.given_up:  # by an attempt of this task run that broke off
            _take(item_id, work, step)
    there = tuple(item_id for item_id in batch.item_ids if item_id not in work.given_up)
    if not there:
        raise BatchFailed([work.given_up[item_id] for item_id in batch.item_ids])
    return Batch(batch.number, there, batch.replaces)


def _take(item_id: str, work: CopernicusWork, step: Callable[[str, CopernicusWork], None]) -> None:
    """Take a product a step further, or give it up: what is wrong with one stops no other."""
    try:
        step(item_id, work)
    except ConnectionsTaken:
        raise
    except TransientError as error:
        if not _is_last_attempt():
            raise
        work.give_up(item_id, _passing("ServiceUnavailable", error))
    except ProductNotDownloaded as error:
        work.give_up(item_id, error.failure, error.state)
    except (NoSpace, OSError) as error:
        work.give_up(item_id, _passing(type(error).__name__, error))
    except (UnreadableProduct, NotConverted, RefusedError, ValueError) as error:
        work.give_up(item_id, Failure.of(type(error).__name__, redact(str(error))))


def _passing(code: str, error: Exception) -> Failure:
    return Failure(code=code, message=redact(str(error)), kind=FailureClass.TRANSIENT)


def _is_last_attempt() -> bool:
    """Tell whether the task run is not tried again if it fails now."""
    context = TaskRunContext.get()
    return context is None or context.task_run.run_count > context.task.retries


def _download(item_id: str, work: CopernicusWork) -> None:
    outcome = work.downloads.fetch(work.plan.products[item_id])
    if outcome.downloaded is not None:
        work.keep(item_id, outcome.downloaded)
    elif outcome.failure is not None:
        raise ProductNotDownloaded(outcome.state, outcome.failure.code, outcome.failure.message, outcome.failure.kind)
    else:
        raise work.downloads.stopped_by or Stopped(f"Stopped before {outcome.name} was here.")


def _stage(item_id: str, work: CopernicusWork) -> None:
    run = work.ingest.run
    if item_id not in run.spool:  # else an attempt of this task run that broke off has staged it
        if not Path(work.file_of(item_id).path).is_file():
            _download(item_id, work)  # another run, which was done with it, has removed it
        run.spool.append({**_staged(item_id, work), "collection": work.ingest.collection_id})
    work.note([item_id], ProductState.STAGED)


def _staged(item_id: str, work: CopernicusWork) -> JsonDict:
    """Return the Item of a product, whose files nobody removes meanwhile.

    Raises:
        TransientError: its file is not there any more.
    """
    file = work.file_of(item_id)
    try:
        with held(file.product.name, Path(file.path).parent):
            return work.staging.stage(file)
    except FileNotFoundError as error:
        raise TransientError(f"{file.product.name} vanished before it was staged ({error}): run it again.") from None


def ingest_products(work: CopernicusWork) -> list[ItemOutcome]:
    """Take all products through the five steps, and prove the Items that were there before; return the outcomes.

    The steps of a group are begun together, group by group: so a group that waits for room never holds the threads
    that one before it needs to leave.

    Raises:
        CredentialsError, ConnectionsTaken, Stopped: nothing more can be had; products without an outcome are undone.
        TransientError, LedgerUnusable, OSError: the end of some could not be recorded, or their files not removed.
    """
    outcomes = {outcome.item_id: outcome for outcome in work.plan.rejected}
    try:
        chains = [(batch, _begin(batch, work)) for batch in work.plan.batches]
        chains += [(batch, _prove(batch, work)) for batch in work.plan.present_batches]
        outcomes |= {outcome.item_id: outcome for outcome in _ended(chains, work)}
    finally:
        work.room.close()
    return list((outcomes | work.given_up).values())


def _begin(batch: Batch, work: CopernicusWork) -> Steps:
    downloaded: Any = download_part.submit(batch, work)  # a future stands for its result as an argument
    staged: Any = stage_part.submit(downloaded, work)
    sent: Any = submit_part.submit(staged, work)
    settled: Any = settle_batch.submit(sent, work.ingest)
    proven = prove_batch.submit(staged, settled, work.ingest)
    return proven, settled, sent, staged, downloaded


def _prove(batch: Batch, work: CopernicusWork) -> Steps:
    return (prove_batch.submit(batch, None, work.ingest),)


def _ended(chains: list[tuple[Batch, Steps]], work: CopernicusWork) -> Iterator[ItemOutcome]:
    """Record the end of each batch as it comes, so that others get its room; yield the outcomes."""
    chain_of = {steps[0]: (batch, steps) for batch, steps in chains}
    stopped_by: GeoCatalogFlowsError | OSError | None = None
    for proven in as_completed(list(chain_of)):
        batch, steps = chain_of[proven]
        try:
            outcomes = _outcomes_of(batch, steps)
            work.end(outcomes)
            yield from outcomes
        except (GeoCatalogFlowsError, OSError) as error:  # the others are at work: they come to their end first
            stopped_by = error
        finally:
            work.leave(batch)
    if stopped_by:
        raise stopped_by


def _outcomes_of(batch: Batch, steps: Steps) -> list[ItemOutcome]:
    """Return an outcome for each product of a batch.

    Raises:
        CredentialsError, ConnectionsTaken, Stopped: a step ended so; its products are undone, not failed.
    """
    for step in steps:
        step.wait()
        error = step.state.result(raise_on_failure=False) if step.state.is_failed() else None
        if isinstance(error, STOPS):
            raise error
    return outcomes_of(batch, steps)
