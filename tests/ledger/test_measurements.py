"""Area statistics in the ledger."""

from datetime import date

import pytest

from models.area_results import AreaResult, ResultState
from models.area_statistics import Period, Statistics
from models.failure import Failure, FailureClass

MAY = Period(label="2023-05", start=date(2023, 5, 1), end=date(2023, 5, 31))
WAY = {"index": "ndvi", "provider": "geocatalog"}
VALUES = Statistics(date=date(2023, 5, 16), mean=0.5, item_id="S2A_1")
MEASURED = AreaResult(area="field", period=MAY, state=ResultState.MEASURED, source="f1", statistics=VALUES)
EMPTY = AreaResult(area="field", period=MAY, state=ResultState.NO_IMAGERY)


def failed(message):
    failure = Failure(code="HTTP 424", message=message, kind=FailureClass.TRANSIENT)
    return AreaResult(area="field", period=MAY, state=ResultState.FAILED, failure=failure)


def test_results_are_found_again_by_their_keys(ledger, open_ledger):
    results = {"a": MEASURED, "b": EMPTY, "c": failed("the tiler cannot read B08")}
    ledger.record_measurements("one", results, WAY)
    assert open_ledger().measurements(["a", "b", "c", "d"]) == results


def test_the_last_result_of_a_key_counts(ledger):
    ledger.record_measurements("one", {"a": failed("busy")}, WAY)
    ledger.record_measurements("two", {"a": MEASURED}, WAY)
    assert ledger.measurements(["a"]) == {"a": MEASURED}


def test_another_catalog_has_its_own(ledger, open_ledger):
    ledger.record_measurements("one", {"a": MEASURED}, WAY)
    assert open_ledger("https://other.example.com").measurements(["a"]) == {}


def test_tokens_are_not_kept(ledger):
    ledger.record_measurements("one", {"a": failed("https://x.example.com/b?sig=SECRET")}, WAY)
    assert "SECRET" not in ledger.measurements(["a"])["a"].failure.message


def test_a_run_that_was_not_begun_is_refused(ledger):
    with pytest.raises(ValueError, match="was not begun"):
        ledger.record_measurements("nobody", {"a": MEASURED}, WAY)
