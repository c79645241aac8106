"""Runs of deployments: refused, one after the other, and by a schedule. All of `make up` is behind them."""

import pytest
import requests

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
AREA = {"collection_id": "sentinel-2-l2a", "bbox": [-22.46, 63.83, -22.39, 63.89]}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"max_cloud_cover": 150}, "request.max_cloud_cover'. Failure reason: 150 is greater than the maximum of 100"),
        ({"bbox": [1, 2, 3]}, "request.bbox'. Failure reason: [1, 2, 3] is too short"),
        ({"proof": "some"}, "'some' is not one of ['auto', 'all', 'sample', 'none']"),
        ({"cloud_cover": 20}, "'cloud_cover' was unexpected"),
    ],
)
def test_what_the_form_cannot_take_is_refused_at_once(local, wrong, sentence):
    with pytest.raises(requests.HTTPError) as refused:
        local.start("ingest-items", {**AREA, **wrong})
    assert refused.value.response.status_code == 409
    assert sentence in refused.value.response.json()["detail"]


def test_what_only_the_model_knows_is_said_in_its_words(local):
    """A JSON schema cannot say it: the run is made, and fails with the sentence before a service is asked."""
    run = local.wait(local.start("ingest-items", {**AREA, "bbox": [1, 5, 3, 4]}))
    assert run["state"]["type"] == "FAILED"
    assert "request.bbox: Value error, bbox south (5.0) must be less than north (4.0)" in run["state"]["message"]


def test_of_two_runs_of_a_deployment_the_second_waits(local):
    local.catalog.configure(operations={"min_seconds": 600, "max_seconds": 600})
    first = local.start("ingest-items")
    local.wait(first, lambda run: run["state"]["type"] == "RUNNING")
    second = local.start("ingest-items")
    waiting = local.wait(second, lambda run: run["state"]["name"] == "AwaitingConcurrencySlot")
    assert waiting["state"]["type"] == "SCHEDULED"
    local.wait_for(lambda: len(local.catalog.submitted()) == 6 or None)
    local.catalog.advance(600)
    runs = [local.wait(run_id) for run_id in (first, second)]
    assert [run["state"]["type"] for run in runs] == ["COMPLETED", "COMPLETED"]
    assert runs[0]["end_time"] <= runs[1]["start_time"]
    assert set(local.catalog.submitted().values()) == {1}


def test_a_schedule_fires_and_its_second_run_ingests_nothing_new(local):
    local.catalog.control("PUT", "config", {"operations": {"min_seconds": 0.1, "max_seconds": 0.2}})
    local.catalog.forget_requests()
    before = {run["id"] for run in local.runs("ingest-items")}
    deployment = local.deployment("ingest-items")
    assert [schedule["active"] for schedule in deployment["schedules"]] == [False], "shipped switched off"
    request = {**AREA, "lookback_days": 3660}
    every = {"schedule": {"interval": 30}, "active": True, "slug": "short", "parameters": {"request": request}}
    path = f"deployments/{deployment['id']}/schedules"
    (made,) = local.api("POST", path, [every])

    def two_ended():
        runs = [run for run in local.runs("ingest-items") if run["id"] not in before and run["end_time"]]
        return sorted(runs, key=lambda run: run["end_time"])[:2] if len(runs) >= 2 else None

    first, second = local.wait_for(two_ended)
    local.api("DELETE", f"{path}/{made['id']}")
    assert (first["auto_scheduled"], second["auto_scheduled"]) == (True, True)
    assert [run["state"]["name"] for run in (first, second)] == ["Completed", "Completed"]
    sent = local.catalog.submitted()
    assert sent, "the first run found what there is"
    assert set(sent.values()) == {1}, "the second run sent nothing again"
