"""What the tests run in processes of their own."""

import os
import signal
from typing import Any

from ledger.ledger import Ledger
from ledger.records import Claim, RunRecord


def claim_all(url: str, catalog: str, collection_id: str, run_id: str, item_ids: list[str], barrier: Any) -> set[str]:
    """Open the ledger and claim the Items, ten at a time, at the same moment as others."""
    barrier.wait(60)
    ledger = Ledger.open(url, catalog)
    ledger.begin_run(RunRecord(run_id=run_id, flow="ingest-items", collection_id=collection_id))
    barrier.wait(60)
    got: set[str] = set()
    for start in range(0, len(item_ids), 10):
        got |= ledger.claim(run_id, collection_id, {id_: Claim("f1") for id_ in item_ids[start : start + 10]})
    ledger.close()
    return got


def claim_and_die(url: str, catalog: str, collection_id: str) -> None:
    """Claim one Item, then be killed in the midst of claiming another."""
    ledger = Ledger.open(url, catalog)
    ledger.begin_run(RunRecord(run_id="one", flow="ingest-items", collection_id=collection_id))
    ledger.claim("one", collection_id, {"a": Claim("f1")})
    ledger._run_key = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign,assignment,return-value]
    ledger.claim("one", collection_id, {"b": Claim("f1")})
