"""A backfill whose child runs are to be of a deployment that cannot run them: said in words, with the table of all."""

import pytest

from flows.backfill import backfill
from flows.onboard_collection import onboard_collection
from models.errors import ChildRunsFailed
from models.requests import BackfillRequest
from tests.flows.test_census import artifact

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ingest-items/none", "There is no deployment ingest-items/none: deploy it"),
        ("onboard-collection/of-another-flow", "does not take the parameters of this run: name one of the right flow"),
    ],
)
def test_a_deployment_that_cannot_run_the_children_is_said(request_for, name, sentence):
    onboard_collection.to_deployment("of-another-flow").apply()
    days = request_for(datetime_range="2024-02-04/2024-02-05")
    with pytest.raises(ChildRunsFailed, match=f"2 of 2 child runs failed .*{sentence}"):
        backfill(BackfillRequest(ingest=days, every="day", deployment=name))
    assert artifact(f"{days.collection_id}-backfill").data.count(sentence) == 2
