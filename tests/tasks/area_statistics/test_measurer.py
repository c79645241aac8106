"""Measuring on the local GeoCatalog: what fails does not stop the others, and what is known is not asked for again."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.records import RunRecord
from models.area_pairs import Pairs, Way
from models.area_results import ResultState
from models.errors import CredentialsError
from models.failure import FailureClass
from models.spectral_index import SpectralIndex
from tasks.area_statistics.measurer import AreaMeasurer
from tasks.area_statistics.picture_store import Colors, PictureStore
from tasks.ledger import ledger
from tasks.statistics_provider import open_provider
from tests.area_results import YEAR
from tests.tasks.measured_areas import COLLECTION, area

SUMMER = YEAR[4:8]
STATISTICS = "*/items/S2A_MSIL2A_20230715*/statistics"
MEASURED, EMPTY, FAILED = ResultState.MEASURED, ResultState.NO_IMAGERY, ResultState.FAILED
AREAS = ("coast-lava", "coast-hill")


@pytest.fixture
def measure(catalog, tmp_path):
    """Measure the areas in summer as a run does; return states by area and month, and the measurer."""
    ledger().begin_run(RunRecord(run_id="one", flow="test", collection_id=COLLECTION))

    def run(max_cloud=40, *, pictures=False, names=AREAS, by="geocatalog", clear_only=False, periods=SUMMER, **options):
        provider = open_provider(by, COLLECTION)
        way = Way(by, COLLECTION, SpectralIndex.named("ndvi"), max_cloud, clear_only=clear_only)
        pairs = Pairs(provider.prepare([area(name) for name in names]), periods, way)
        store = PictureStore(tmp_path / "pictures", provider, way, Colors("RdYlGn", 0, 1)) if pictures else None
        with ThreadPoolExecutor(4) as pool:
            measurer = AreaMeasurer(provider, pairs, ledger(), "one", pool, pictures=store, **options)
            results = measurer.measure(pairs.areas)
        keys = [pairs.key_of(each, period) for each in pairs.areas for period in pairs.periods]
        known = ledger().measurements(keys)
        assert [known[key] for key in keys] == results
        return results, measurer

    return run


def states(results):
    return [result.state for result in results]


def test_each_pair_costs_one_request_and_each_area_one_search(measure, catalog):
    results, _ = measure()
    assert states(results) == [MEASURED] * 8
    assert catalog.count("POST", "statistics") == 8
    assert catalog.count("POST", "search") == 2


def test_what_is_known_is_not_asked_for_again(measure, catalog):
    before, _ = measure()
    catalog.forget_requests()
    after, measurer = measure()
    assert after == before
    assert measurer.measured == set()
    assert catalog.count("POST", "statistics") == 0
    assert catalog.count("POST", "search") == 2


def test_only_failed_asks_nothing_of_areas_that_are_done(measure, catalog):
    before, _ = measure()
    catalog.forget_requests()
    after, _ = measure(only_failed=True)
    assert after == before
    assert catalog.count("POST") == 0


def test_a_pair_that_fails_is_all_that_is_done_again(measure, catalog):
    catalog.fault(path=STATISTICS, status=424, code="AssetUnreadable", message="B08 cannot be read", times=1)
    results, _ = measure()
    assert sorted(states(results)) == sorted([MEASURED] * 7 + [FAILED])
    [failure] = [result.failure for result in results if result.failure]
    assert (failure.code, failure.kind) == ("AssetUnreadable", FailureClass.PERMANENT)
    assert "B08 cannot be read" in failure.message
    catalog.forget_requests()
    results, measurer = measure(only_failed=True)
    assert states(results) == [MEASURED] * 8
    assert len(measurer.measured) == 1
    assert catalog.count("POST", "statistics") == 1
    assert catalog.count("POST", "search") == 1


def test_newer_imagery_is_measured(measure, catalog, server):
    measure()
    [item] = [i for i in scenes(server) if "20230715" in i["id"]]
    item["properties"]["s2:generation_time"] = "2026-01-01T00:00:00Z"
    server.state.catalog.put_items([item])
    results, measurer = measure()
    assert states(results) == [MEASURED] * 8
    assert len(measurer.measured) == 2  # July, of both areas


def scenes(server):
    from emulator.search import parse_post

    found = server.state.upstream.search(parse_post({"collections": ["sentinel-2-l2a"], "limit": 100})).items
    return [{**item, "collection": COLLECTION} for item in found]


def test_no_imagery_is_an_answer(measure, catalog):
    results, _ = measure(max_cloud=3, names=["coast-lava"])
    assert states(results) == [EMPTY, MEASURED, EMPTY, EMPTY]  # only June has less than 3 % clouds
    assert catalog.count("POST", "statistics") == 1


def test_a_day_on_which_observearth_says_nothing_is_asked_for_again(measure, catalog):
    catalog.configure(observearth={"null_dates": ["2023-07-15"]})
    results, _ = measure(by="observearth", names=["coast-lava"])
    assert states(results) == [MEASURED, MEASURED, EMPTY, MEASURED]
    catalog.configure(observearth={"null_dates": []})
    catalog.forget_requests()
    results, measurer = measure(by="observearth", names=["coast-lava"])
    assert states(results) == [MEASURED] * 4
    assert (len(measurer.measured), catalog.count("POST", "/s2/stats/")) == (1, 1)


def test_imagery_without_a_clear_pixel_is_not_asked_for_again(measure, catalog):
    everything = {"periods": YEAR, "max_cloud": 100, "clear_only": True, "names": ["coast-hill", "coast-meadow-west"]}
    results, _ = measure(**everything)
    assert any(result.state is EMPTY and result.source for result in results)
    catalog.forget_requests()
    again, _ = measure(**everything)
    assert (again, catalog.count("POST", "statistics")) == (results, 0)


def test_a_search_that_fails_fails_its_area_and_loses_nothing(measure, catalog):
    before, _ = measure()
    catalog.fault(route="POST /stac/search", status=400, message="no", times=1)
    results, _ = measure()
    assert sorted(states(results)) == sorted([FAILED] * 4 + [MEASURED] * 4)
    assert [result.mean for result in results] == [result.mean for result in before]
    catalog.forget_requests()
    again, _ = measure()
    assert again == before
    assert catalog.count("POST", "statistics") == 0


def test_pictures_are_fetched_once_and_again_only_where_missing(measure, catalog, tmp_path):
    measure(pictures=True)
    pictures = list((tmp_path / "pictures").iterdir())
    assert len(pictures) == 8
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    pictures[0].unlink()
    catalog.forget_requests()
    measure(pictures=True)
    assert catalog.count("POST", "statistics") == 0
    assert catalog.count("POST", "feature") == 1


def test_a_picture_that_fails_costs_no_second_statistics(measure, catalog):
    catalog.fault(path="*/items/S2A_MSIL2A_20230715*/feature/*", status=424, message="no", times=1)
    results, _ = measure(pictures=True)
    assert states(results).count(FAILED) == 1
    catalog.forget_requests()
    results, _ = measure(pictures=True)
    assert states(results) == [MEASURED] * 8
    assert catalog.count("POST", "statistics") == 0


def test_a_sign_in_that_ends_stops_the_run(measure, catalog):
    catalog.configure(identity={"expired": True})
    with pytest.raises(CredentialsError, match="401"):
        measure()
