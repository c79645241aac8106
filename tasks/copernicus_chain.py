"""The way of products into the GeoCatalog: download, stage, submit, wait, prove; five task runs for each group."""

from collections.abc import Callable, Iterator
from typing import Any

from prefect import task
from prefect.futures import PrefectFuture, as_completed

from clients.copernicus.disk import NoSpace
from clients.copernicus.errors import ProductNotDownloaded
from models.copernicus import ProductState
from models.errors import GeoCatalogFlowsError, RefusedError, Stopped
from models.failure import Failure, FailureClass
from models.outcomes import ItemOutcome
from models.redact import redact
from tasks.cog import NotConverted
from tasks.copernicus_work import CopernicusWork
from tasks.outcomes import outcomes_of
from tasks.plan import Batch
from tasks.prove import prove_batch
from tasks.retries import RETRIED, UNCACHED
from tasks.safe import UnreadableProduct
from tasks.settle import settle_batch
from tasks.submit import BatchFailed, submit_batch

Steps = tuple[PrefectFuture[Any], ...]


@task(name="download", task_run_name="download {batch.label}", **RETRIED, **UNCACHED)
def download_part(batch: Batch, work: Any) -> Batch:
    """Download the products of a batch, one after the other, as soon as there is room; return those that are here.

    Args:
        work: the `CopernicusWork` that all task runs of the ingest share.

    Raises:
        BatchFailed: none of them could be had.
        CredentialsError, TransientError: nothing can be had now.
    """
    work.room.enter(batch.item_ids[0], work.plan.needed(batch), work.plan.bytes_here(batch))
    return _each(batch, work, _download)


@task(name="stage", task_run_name="stage {batch.label}", **RETRIED, **UNCACHED)
def stage_part(batch: Batch, work: Any) -> Batch:
    """Put the files of a batch's products into the staging container; return those of which there is an Item now.

    Args:
        work: the `CopernicusWork` that all task runs of the ingest share.

    Raises:
        BatchFailed: none of them could be staged.
        CredentialsError, TransientError: of the container.
    """
    return _each(batch, work, _stage)


def _each(batch: Batch, work: CopernicusWork, step: Callable[[str, CopernicusWork], None]) -> Batch:
    """Take each product a step further; return the batch without those that it gave up."""
    there = []
    for item_id in batch.item_ids:
        try:
            step(item_id, work)
        except ProductNotDownloaded as error:
            work.give_up(item_id, error.failure, error.state)
        except NoSpace as error:
            work.give_up(item_id, Failure(code="NoSpace", message=str(error), kind=FailureClass.TRANSIENT))
        except (UnreadableProduct, NotConverted, RefusedError, ValueError) as error:
            work.give_up(item_id, Failure.of(type(error).__name__, redact(str(error))))
        else:
            there.append(item_id)
    if not there:
        raise BatchFailed([work.given_up[item_id] for item_id in batch.item_ids])
    return Batch(batch.number, tuple(there), batch.replaces)


def _download(item_id: str, work: CopernicusWork) -> None:
    outcome = work.downloads.fetch(work.plan.products[item_id])
    if outcome.downloaded is not None:
        work.keep(item_id, outcome.downloaded)
    elif outcome.failure is not None:
        raise ProductNotDownloaded(outcome.state, outcome.failure.code, outcome.failure.message, outcome.failure.kind)
    else:
        raise work.downloads.stopped_by or Stopped(f"Stopped before {outcome.name} was here.")


def _stage(item_id: str, work: CopernicusWork) -> None:
    item = work.staging.stage(work.file_of(item_id))
    work.ingest.run.spool.append({**item, "collection": work.ingest.collection_id})
    work.note([item_id], ProductState.STAGED)


def ingest_products(work: CopernicusWork) -> list[ItemOutcome]:
    """Take all products through the five steps, and prove the Items that were there before; return the outcomes.

    The steps of a group are begun together, group by group: so a group that waits for room never holds the threads
    that one before it needs to leave.

    Raises:
        CredentialsError: a sign-in ended while the run went on; products without an outcome are undone.
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
    sent: Any = submit_batch.submit(staged, work.ingest)
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
            outcomes = outcomes_of(batch, steps)
            work.end(outcomes)
            yield from outcomes
        except (GeoCatalogFlowsError, OSError) as error:  # the others are at work: they come to their end first
            stopped_by = error
        finally:
            work.leave(batch)
    if stopped_by:
        raise stopped_by
