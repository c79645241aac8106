"""Operations as the service writes them."""

import pytest

from clients.geocatalog.operation import Operation
from models.failure import FailureClass


def body(status, **members):
    return {"id": "1", "status": status, "type": "AddItem", "statusHistory": [{"status": status}], **members}


@pytest.mark.parametrize("status", ["Pending", "Running", "Canceling"])
def test_unfinished_statuses(status):
    assert not Operation.parse(body(status)).has_ended


@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Canceled"])
def test_terminal_statuses(status):
    assert Operation.parse(body(status)).has_ended


def test_counts_are_strings_on_the_wire():
    operation = Operation.parse(body("Succeeded", additionalInformation={"TotalFailedItems": "2", "TotalItems": "5"}))
    assert operation.failed_items == 2
    assert not operation.has_succeeded


def test_the_error_is_nested_twice():
    error = {"error": {"error": {"code": "IngestionResourceUriNotFound", "message": "Source: https://a?sig=PLANTED"}}}
    failure = Operation.parse(body("Failed", **error)).failure
    assert failure.code == "IngestionResourceUriNotFound"
    assert failure.kind is FailureClass.PERMANENT
    assert "PLANTED" not in failure.message


def test_the_history_wins_and_a_flat_error_is_read_too():
    history = [{"status": "Failed", "errorCode": "InternalIntermitentError", "errorMessage": "later"}]
    failed = Operation.parse(body("Failed", statusHistory=history, error={"code": "Other"}))
    assert (failed.failure.code, failed.failure.kind) == ("InternalIntermitentError", FailureClass.TRANSIENT)
    assert Operation.parse(body("Failed", error={"code": "Flat", "message": "m"})).failure.code == "Flat"


def test_a_canceled_operation_says_so():
    assert Operation.parse(body("Canceled")).failure.code == "CanceledOperation"
