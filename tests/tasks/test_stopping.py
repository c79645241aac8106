"""What becomes of all others when a process is told to end, or when one of them fails."""

import threading

import pytest
from prefect.states import Completed, Failed

from models.errors import CredentialsError, LedgerUnusable
from models.outcomes import ItemState, Outcomes
from models.period import bounds_of
from models.requests import BackfillRequest, IngestRequest
from stac.windows import Window
from tasks import heartbeat
from tasks.children import Children
from tasks.heartbeat import Heartbeat
from tasks.operation_watch import STOPPING
from tasks.outcomes import all_outcomes
from tasks.plan import batches_of


@pytest.fixture
def stopping():
    STOPPING.set()
    yield
    STOPPING.clear()


def test_no_child_run_begins_in_a_process_that_is_told_to_end(stopping):
    began = []
    ingest = IngestRequest(collection_id="mine", bbox=[1, 2, 3, 4], datetime_range="2024-01-01/2024-02-01")
    children = Children(BackfillRequest(ingest=ingest), began.append, threading.Semaphore())
    (report,) = children.run(Window(*bounds_of("2024-01-01/2024-01-02")))
    assert (report.state, began) == ("failed", [])
    assert "goes on from there" in report.message


class Ended:
    """A task run that has ended."""

    def __init__(self, state, waited):
        self.state = state
        self._waited = waited

    def wait(self):
        self._waited.append(self)


def test_a_sign_in_that_ended_is_told_when_all_batches_have_ended():
    waited, gathered = [], []
    batches = batches_of(["a", "b", "c"], 1)
    states = [
        Completed(data=Outcomes(batches[0].present)),
        Failed(data=CredentialsError("Sign in again.")),
        Completed(data=Outcomes(batches[2].present)),
    ]
    chains = [(batch, [Ended(state, waited)]) for batch, state in zip(batches, states, strict=True)]
    with pytest.raises(CredentialsError, match="Sign in again"):
        gathered.extend(all_outcomes(chains))
    assert len(waited) == 3
    assert [(outcome.item_id, outcome.state) for outcome in gathered] == [
        ("a", ItemState.INGESTED),
        ("c", ItemState.INGESTED),
    ]


def test_signs_of_life_go_on_after_one_that_the_ledger_did_not_take(monkeypatch):
    class Full:
        signs = 0
        taken = threading.Event()

        def keep_alive(self, run_id, until):
            self.signs += 1
            if self.signs == 2:
                raise LedgerUnusable("The disk is full. Make room on it.")
            if self.signs == 3:
                self.taken.set()

    monkeypatch.setattr(heartbeat, "INTERVAL", 0.001)
    ledger = Full()
    signs = Heartbeat(ledger, "run")
    signs.start()
    try:
        assert ledger.taken.wait(60)
    finally:
        signs.stop()
