"""200 areas in 24 months: few task runs, and a rerun that does what failed."""

import pytest

from benchmarks.statistics_server import StatisticsServer, geometry_id
from flows.report_area_statistics import report_area_statistics
from models.area_statistics_request import AreaStatisticsRequest
from models.errors import RunFailed
from tasks.connect import disconnect
from tests.flows.test_census import task_runs

FAILING = {(geometry_id(5 * n), f"{2022 + n % 2}-{1 + n % 12:02d}") for n in range(37)}
MOST_TASK_RUNS = 500


@pytest.fixture
def server(monkeypatch, tmp_path):
    with StatisticsServer(areas=200, failing=set(FAILING)) as running:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("GEOCATALOG_OBSERVEARTH_URL", running.url)
        monkeypatch.setenv("GEOCATALOG_OBSERVEARTH_API_KEY", "any")
        monkeypatch.setenv("GEOCATALOG_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.sqlite'}")
        disconnect()
        yield running
        disconnect()


@pytest.mark.long
def test_37_of_4800_pairs_fail_and_a_rerun_does_37(server):
    assert len(FAILING) == 37
    request = AreaStatisticsRequest(
        provider="observearth", all_observearth=True, datetime_range="2022-01-01/2023-12-31", charts=False
    )
    state = report_area_statistics(request, return_state=True)
    with pytest.raises(RunFailed, match=r"4763 of 4800 pairs .* 37 failed"):
        state.result()
    assert server.counts == {"geometry": 1, "search": 200, "stats": 4800}
    names = task_runs(state.state_details.flow_run_id, 51)
    assert 50 < len(names) < MOST_TASK_RUNS

    server.failing.clear()
    server.counts.clear()
    report = report_area_statistics(request)
    assert (report.measured, report.failed, report.asked) == (4800, 0, 37)
    assert server.counts == {"geometry": 1, "search": 200, "stats": 37}


@pytest.mark.long
def test_only_failed_asks_for_nothing_else(server):
    server.areas = 20
    request = AreaStatisticsRequest(
        provider="observearth", all_observearth=True, datetime_range="2022-01-01/2023-12-31", charts=False
    )
    with pytest.raises(RunFailed, match="4 failed"):
        report_area_statistics(request)
    server.counts.clear()
    with pytest.raises(RunFailed, match="4 failed"):
        report_area_statistics(request.model_copy(update={"only_failed": True}))
    assert server.counts == {"geometry": 1, "search": 4, "stats": 4}
