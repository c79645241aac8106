"""The flow through Prefect, on the local GeoCatalog and the stand-in of ObservEarth."""

import csv
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from prefect.client.orchestration import get_client

from flows.report_area_statistics import report_area_statistics
from models.area_statistics_request import AreaStatisticsRequest
from models.errors import CredentialsError, InvalidRequest, RunFailed
from models.runs import RunState
from tasks.area_statistics import elsewhere, run
from tasks.area_statistics.places import folder_of
from tasks.connect import disconnect
from tasks.ledger import ledger
from tests.flows.test_census import artifact, task_runs
from tests.tasks.conftest import catalog  # noqa: F401 - a fixture
from tests.tasks.measured_areas import COLLECTION

AREAS = ["coast-hill", "coast-lava"]
JULY = "*/items/S2A_MSIL2A_20230715*/statistics"


@pytest.fixture(autouse=True)
def without_delays(monkeypatch):
    for task in (run.plan_pairs, run.measure_batch):
        monkeypatch.setattr(task, "retry_delay_seconds", [0.0])


def request_of(**changes):
    request = {"collection_id": COLLECTION, "areas": AREAS, "datetime_range": "2023-05-01/2023-08-31"}
    return AreaStatisticsRequest(**{**request, "max_cloud_cover": 20, **changes})


def rows(report):
    with Path(report.files.csv).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_writes_and_publishes_everything(catalog):  # noqa: F811 - a fixture
    state = report_area_statistics(request_of(), return_state=True)
    report = state.result()
    assert (report.pairs, report.measured, report.empty, report.failed) == (8, 6, 2, 0)  # May has 33 % clouds
    assert [row["period"] for row in rows(report)] == ["2023-05", "2023-06", "2023-07", "2023-08"] * 2
    files = report.files
    assert Path(files.page).read_text(encoding="utf-8").count("data:image") == 1 + 2 + 2 + 8
    assert list(files.charts) == list(files.animations) == AREAS
    assert [Path(path).stem for path in files.pictures["coast-hill"]] == ["2023-05", "2023-06", "2023-07", "2023-08"]
    with Image.open(files.animations["coast-lava"]) as animation:
        assert (animation.n_frames, animation.info["duration"]) == (4, 800)
    assert artifact("geocatalog-ndvi-summary").description == "NDVI of 2 areas, 2023-05 to 2023-08"
    assert "coast-lava" in artifact("geocatalog-ndvi-areas").data
    assert artifact("geocatalog-ndvi-comparison").data.startswith("data:image/png")
    assert len(task_runs(state.state_details.flow_run_id, 8)) == 8
    [record] = ledger().runs()
    assert (record.flow, record.state, record.counts) == (
        "report-area-statistics",
        RunState.COMPLETED,
        {"measured": 6, "no imagery": 2},
    )


def test_a_failed_pair_is_named_and_is_all_that_a_rerun_measures(catalog):  # noqa: F811 - a fixture
    catalog.fault(path=JULY, status=424, code="AssetUnreadable", message="B08 cannot be read", times=1)
    request = request_of(pictures="none")
    with pytest.raises(RunFailed, match=r"5 of 8 pairs .* 1 failed.*in 2023-07: .*B08 cannot be read\. Run it again"):
        report_area_statistics(request)
    assert "B08 cannot be read" in (folder_of(request) / "statistics.csv").read_text()
    assert "B08 cannot be read" in artifact("geocatalog-ndvi-failed").data
    catalog.forget_requests()
    report = report_area_statistics(request)
    assert (report.measured, report.failed, report.asked) == (6, 0, 1)
    assert catalog.count("POST", "statistics") == 1


def test_what_may_pass_is_tried_again_by_the_same_run(catalog):  # noqa: F811 - a fixture
    catalog.fault(path=JULY, status=503, times=7)  # a session tries seven times
    report = report_area_statistics(request_of(areas=["coast-lava"], pictures="none"))
    assert (report.measured, report.failed) == (3, 0)
    assert catalog.control("GET", "faults")["faults"] == []


def test_a_year_without_imagery_is_no_failure(catalog):  # noqa: F811 - a fixture
    state = report_area_statistics(request_of(datetime_range="2019-01-01/2019-12-31"), return_state=True)
    assert (state.is_completed(), state.name) == (True, "NoImagery")
    report = state.result()
    assert (report.empty, report.files.animations) == (24, {})
    assert {row["state"] for row in rows(report)} == {"no imagery"}


def test_a_sign_in_that_is_refused_fails_the_run_at_once(catalog):  # noqa: F811 - a fixture
    catalog.configure(identity={"expired": True})
    with pytest.raises(CredentialsError, match="sign in again"):
        report_area_statistics(request_of())


def test_a_collection_that_is_not_there_is_said(catalog):  # noqa: F811 - a fixture
    with pytest.raises(InvalidRequest, match="no Collection 'nowhere'"):
        report_area_statistics(request_of(collection_id="nowhere"))


def test_observearth_measures_the_same_and_its_key_is_nowhere(catalog, server, caplog):  # noqa: F811 - a fixture
    ours = report_area_statistics(request_of(pictures="none"))
    theirs = report_area_statistics(request_of(provider="observearth"))
    for one, other in zip(rows(ours), rows(theirs), strict=True):
        assert (one["area"], one["period"], one["item_id"]) == (other["area"], other["period"], other["item_id"])
        assert (one["mean"] == other["mean"] == "") or abs(float(one["mean"]) - float(other["mean"])) < 0.01
    everything = report_area_statistics(
        AreaStatisticsRequest(
            provider="observearth", all_observearth=True, datetime_range="2023-06-01/2023-06-30", pictures="none"
        )
    )
    assert [area.name for area in everything.summaries] == AREAS
    key = server.state.config.observearth.api_key
    page = Path(theirs.files.page)
    written = [path.read_bytes() for path in page.parent.rglob("*") if path.is_file()]
    written += [path.read_bytes() for path in Path().rglob("ledger.sqlite*")]
    assert len(written) > 10
    assert not any(key.encode() in content for content in written)
    assert key not in caplog.text
    assert key not in artifact("observearth-ndvi-summary").data


def test_labels_of_explicit_periods_make_no_folders(catalog):  # noqa: F811 - a fixture
    report = report_area_statistics(
        request_of(
            areas=["coast-lava"], datetime_range=None, periods=["2023-06-01/2023-06-20", "2023-07-01/2023-07-31"]
        )
    )
    names = [Path(path).name for path in report.files.pictures["coast-lava"]]
    assert all(re.fullmatch(r"[0-9\-]+\.png", name) for name in names)
    assert len(set(names)) == 2


def test_child_runs_measure_elsewhere_and_this_run_takes_what_they_left(catalog, monkeypatch):  # noqa: F811 - a fixture
    children = []

    def in_this_process(deployment, parameters, key):
        """Stand for a node of another machine, which shares the ledger."""
        request = AreaStatisticsRequest.model_validate(parameters["request"])
        children.append((deployment, request.areas))
        state = report_area_statistics(request, return_state=True)
        asked.append(catalog.count("POST", "statistics"))
        return SimpleNamespace(state=state)

    asked = []
    monkeypatch.setattr(elsewhere, "run_elsewhere", in_this_process)
    report = report_area_statistics(
        request_of(deployment="report-area-statistics/azure-batch", children=5, pictures="none")
    )
    assert sorted(children) == [("report-area-statistics/azure-batch", [name]) for name in AREAS]
    assert (report.pairs, report.measured, report.failed) == (8, 6, 0)
    assert max(asked) > 0 and catalog.count("POST", "statistics") == max(asked)


def test_a_deployment_that_is_not_there_is_named(catalog):  # noqa: F811 - a fixture
    with pytest.raises(InvalidRequest, match="There is no deployment report-area-statistics/none: deploy it"):
        report_area_statistics(request_of(deployment="report-area-statistics/none"))


@pytest.fixture
def own(monkeypatch):
    """Deploy the flow with a concurrency limit, and let runs be of that deployment; return its full name."""

    def deploy(limit):
        name = f"limit-{limit}"
        with get_client(sync_client=True) as client:
            flow_id = client.create_flow_from_name("report-area-statistics")
            client.create_deployment(flow_id, name, concurrency_limit=limit)
        monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__NAME", name)
        return f"report-area-statistics/{name}"

    return deploy


def test_a_run_does_not_wait_for_children_that_wait_for_it(catalog, own):  # noqa: F811 - a fixture
    with pytest.raises(InvalidRequest, match=r"has a concurrency limit of 1: .*Name a deployment without a limit"):
        report_area_statistics(request_of(deployment=own(1)))


@pytest.mark.parametrize("limit", [None, 20])
def test_children_may_be_of_the_runs_own_deployment(catalog, own, monkeypatch, limit):  # noqa: F811 - a fixture
    children = []

    def said(deployment, parameters, key):
        children.append(deployment)
        return SimpleNamespace(state=None)

    monkeypatch.setattr(elsewhere, "run_elsewhere", said)
    name = own(limit)
    report = report_area_statistics(request_of(deployment=name, children=2, pictures="none"))
    assert children == [name] * 2
    assert report.failed == 0


def test_who_uses_only_observearth_needs_no_geocatalog(catalog, monkeypatch):  # noqa: F811 - a fixture
    monkeypatch.delenv("GEOCATALOG_URL")
    disconnect()
    report = report_area_statistics(request_of(provider="observearth", areas=["coast-lava"], pictures="none"))
    assert report.measured == 3
    again = report_area_statistics(request_of(provider="observearth", areas=["coast-lava"], pictures="none"))
    assert (again.measured, again.asked) == (3, 0)
