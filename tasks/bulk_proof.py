"""Prove the Items of a part, some hundred at a time: all of them in memory would be a gigabyte."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from models.outcomes import ItemOutcome, ItemState
from tasks.bulk_outcomes import chunks
from tasks.connect import asset_reader, geocatalog
from tasks.prove import Prover
from tasks.work import Work

CHUNK = 100
"""Items of one search: signed ones take 20 kB each."""
THREADS = 8
DELAYS = (5.0, 15.0)
"""Seconds before those that search does not find, or whose assets do not answer, are looked at again: search lags
behind operations, and new SAS tokens take some seconds (what Microsoft's own tests wait)."""
_MAY_PASS = ("NotFoundInCatalog", "AssetUnreadable")


class PartProof:
    """Proves Items and writes into the ledger which are proven."""

    def __init__(self, prover: Prover, work: Work, sleep: Callable[[float], None] = time.sleep) -> None:
        self._prover = prover
        self._work = work
        self._sleep = sleep

    def prove(self, outcomes: list[ItemOutcome]) -> list[ItemOutcome]:
        """Return the outcomes with `proven` or `unproven` in the place of `ingested`; failed ones as they are."""
        proven = self._once(outcomes)
        for delay in DELAYS:
            again = [_as_ingested(outcome) for outcome in proven if _may_pass(outcome)]
            if not again:
                break
            self._sleep(delay)
            repeated = {outcome.item_id: outcome for outcome in self._once(again)}
            proven = [repeated.get(outcome.item_id, outcome) for outcome in proven]
        return proven

    def _once(self, outcomes: list[ItemOutcome]) -> list[ItemOutcome]:
        proven: list[ItemOutcome] = []
        with ThreadPoolExecutor(THREADS) as threads:
            for chunk in threads.map(self._prover.prove, chunks(outcomes, CHUNK)):
                self._note(chunk)  # here, since Prefect does not know its run in other threads
                proven += chunk
        return proven

    def _note(self, proven: list[ItemOutcome]) -> None:
        decided = (ItemState.PROVEN, ItemState.UNPROVEN)
        self._work.run.record([outcome for outcome in proven if outcome.state in decided])
        self._work.progress.settle(outcome.item_id for outcome in proven)


def _may_pass(outcome: ItemOutcome) -> bool:
    failure = outcome.failure
    return outcome.state is ItemState.UNPROVEN and failure is not None and failure.code in _MAY_PASS


def _as_ingested(outcome: ItemOutcome) -> ItemOutcome:
    return outcome.model_copy(update={"state": ItemState.INGESTED, "failure": None})


def proof_of(work: Work) -> PartProof:
    """Return the proof of the Items of a run, with the clients of this process."""
    prover = Prover(geocatalog(), asset_reader(), work.collection_id, work.spool, work.proof)
    return PartProof(prover, work)
