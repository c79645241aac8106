"""What the ledger knows, as tables in Prefect."""

import pytest
from pydantic import ValidationError

from flows.onboard_collection import onboard_collection
from flows.show_ledger import show_ledger
from ledger.records import Change, RunRecord
from models.errors import InvalidRequest
from models.failure import Failure
from models.outcomes import ItemState
from models.requests import LedgerRequest, OnboardRequest
from tasks.ledger import ledger
from tests.flows.test_census import artifact

COLLECTION = "mine"


@pytest.fixture
def known(emulator):
    """A Collection, and a ledger that knows one Item of it."""
    onboard_collection(OnboardRequest(collection_id=COLLECTION))
    ledger().begin_run(RunRecord("run-1", "ingest-items", COLLECTION))
    failure = Failure.of("StacValidationFailed", "no geometry")
    ledger().record("run-1", COLLECTION, [Change("bad", ItemState.SUBMITTED, operation_id="op-7", attempts=1)])
    ledger().record("run-1", COLLECTION, [Change("bad", ItemState.FAILED, failure=failure)])


def test_the_history_of_an_item_is_a_table(known):
    show_ledger(LedgerRequest(collection_id=COLLECTION, item_id="bad"))
    found = artifact("mine-ledger-item")
    assert found.description == "History of bad in mine, times in UTC"
    assert found.data.index('"submitted"') < found.data.index('"failed"')
    assert "op-7" in found.data and "no geometry" in found.data


def test_an_item_that_the_ledger_does_not_know_is_said(known):
    with pytest.raises(InvalidRequest, match="knows no Item good in the Collection mine: check item_id"):
        show_ledger(LedgerRequest(collection_id=COLLECTION, item_id="good"))


def test_without_an_item_all_tables_are_published(known):
    show_ledger(LedgerRequest(collection_id=COLLECTION))
    assert "StacValidationFailed" in artifact("mine-ledger-failures").data


@pytest.mark.parametrize("given", [{"item_id": "bad"}, {"item_id": "bad", "collection_id": None}])
def test_an_item_needs_its_collection(given):
    with pytest.raises(ValidationError, match="item_id needs collection_id: ids of Items are unique"):
        LedgerRequest.model_validate(given)
