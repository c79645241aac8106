"""Read Items back from the catalog: are they there, equal to what was sent, and do their signed assets answer?"""

from hashlib import blake2b
from typing import Any

from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun

from clients.assets import AssetReader
from clients.geocatalog import GeoCatalog
from models.area import JsonDict
from models.errors import TransientError
from models.failure import Failure
from models.outcomes import ItemOutcome, ItemState, Outcomes
from stac.compare import differences
from tasks.connect import asset_reader, geocatalog
from tasks.plan import Batch
from tasks.retries import UNCACHED
from tasks.spool import ItemSpool
from tasks.submit import BatchFailed

SAMPLE = 0.05
"""Share of Items whose assets are read back in a sample; a fixed one for each id, so that it can be repeated."""


def is_sampled(item_id: str, proof: str) -> bool:
    """Tell whether the assets of an Item are read back under this proof: all, sample or none."""
    if proof == "sample":
        return int.from_bytes(blake2b(item_id.encode(), digest_size=4).digest()) / 2**32 < SAMPLE
    return proof == "all"


class Prover:
    """Reads Items back from one Collection."""

    def __init__(
        self, catalog: GeoCatalog, assets: AssetReader, collection_id: str, spool: ItemSpool, proof: str
    ) -> None:
        self._catalog = catalog
        self._assets = assets
        self._collection_id = collection_id
        self._spool = spool
        self._proof = proof

    def prove(self, outcomes: list[ItemOutcome]) -> list[ItemOutcome]:
        """Return the outcomes with `proven` or `unproven` in the place of `ingested`; failed ones as they are."""
        ids = [outcome.item_id for outcome in outcomes if not outcome.is_failed]
        held = {item["id"]: item for item in self._catalog.stac.get_items(self._collection_id, ids, sign=True)}
        return [o if o.is_failed else self._prove(o, held.get(o.item_id)) for o in outcomes]

    def _prove(self, outcome: ItemOutcome, held: JsonDict | None) -> ItemOutcome:
        if held is None:
            return _unproven(outcome, "NotFoundInCatalog", "Its operation succeeded, but search does not find it.")
        if changed := differences(self._spool.read(outcome.item_id), held):
            text = f"The catalog's Item differs from the source's in {', '.join(changed)}: delete it, then run again."
            return _unproven(outcome, "DiffersFromSource", text)
        return self._prove_assets(outcome, held)

    def _prove_assets(self, outcome: ItemOutcome, held: JsonDict) -> ItemOutcome:
        read = held["assets"] if is_sampled(outcome.item_id, self._proof) else {}
        for key, asset in read.items():
            if problem := self._assets.problem_with(asset):
                return _unproven(outcome, "AssetUnreadable", f"Its signed asset {key} cannot be read: {problem}.")
        return outcome.model_copy(update={"state": ItemState.PROVEN, "assets_read": len(read)})


def _unproven(outcome: ItemOutcome, code: str, message: str) -> ItemOutcome:
    return outcome.failed(Failure.of(code, message), ItemState.UNPROVEN)


def if_it_may_pass(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:
    """Tell whether a later look may succeed: search lags behind operations, and new SAS tokens take some seconds."""
    error = state.result(raise_on_failure=False)
    if isinstance(error, BatchFailed):
        codes = {o.failure.code for o in error.outcomes if o.failure and o.state is ItemState.UNPROVEN}
        return bool(codes & {"NotFoundInCatalog", "AssetUnreadable"})
    return isinstance(error, TransientError)


@task(
    name="prove",
    task_run_name="prove {batch.label}",
    retries=2,
    retry_delay_seconds=[5, 15],  # what Microsoft's own tests wait for new SAS tokens
    retry_condition_fn=if_it_may_pass,
    **UNCACHED,
)
def prove_batch(batch: Batch, outcomes: Outcomes | None, work: Any) -> Outcomes:
    """Prove the Items of a batch.

    Args:
        outcomes: of the wait; None for Items that the catalog had before.
        work: the `Work` that all task runs of the ingest share.

    Raises:
        BatchFailed: at least one Item is not proven, or failed before.
    """
    before = outcomes.items if outcomes else batch.present
    prover = Prover(geocatalog(), asset_reader(), work.collection_id, work.spool, work.proof)
    proven = prover.prove(before)
    work.run.record([outcome for outcome in proven if outcome.state in (ItemState.PROVEN, ItemState.UNPROVEN)])
    work.progress.settle(outcome.item_id for outcome in proven)
    if any(outcome.is_failed for outcome in proven):
        raise BatchFailed(proven)
    return Outcomes(proven)
