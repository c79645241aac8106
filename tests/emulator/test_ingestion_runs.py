"""Bulk ingestion: how runs go on, one after the other, are watched, canceled, and outlive a restart."""

from itertools import pairwise
from pathlib import Path

import pytest

from emulator.config import EmulatorConfig
from emulator.server import EmulatorServer
from tests.emulator.catalog import Catalog, upstream_scene
from tests.emulator.ingestions import INGESTIONS, begin_run, counts, create
from tests.emulator.staging import Stage


@pytest.fixture
def stage(scenes: Catalog) -> Stage:
    return Stage(scenes)


def test_progress_can_be_watched_and_follows_the_seed(stage: Stage) -> None:
    scenes = stage.catalog
    fixed = {"min_seconds": 40, "max_seconds": 40, "bulk_item_seconds": 10}
    scenes.control("PUT", "config", {"operations": fixed})
    path = begin_run(scenes, create(scenes, stage.put_catalog([scenes.scene(n) for n in range(20)])))
    seen = []
    for seconds in (5, 20, 50, 100, 200):
        scenes.advance(seconds)
        operation = scenes.call("GET", path).json()["operation"]
        total, pending, done, failed = counts(operation)
        assert total == pending + done + failed and len(scenes.ids(limit=100)) == done
        seen.append((operation["status"], total, done))
    assert [entry[:2] for entry in seen] == [("Pending", 0), *[("Running", 20)] * 3, ("Succeeded", 20)]
    assert seen[1][2] == 0 < seen[2][2] < seen[3][2] < 20 == seen[4][2]


def test_one_run_is_executed_at_a_time(stage: Stage) -> None:
    scenes = stage.catalog
    scenes.control("PUT", "config", {"operations": {"min_seconds": 4, "max_seconds": 4, "bulk_item_seconds": 1}})
    scenes.add_collection("d")
    first = create(scenes, stage.put_catalog([scenes.scene(n) for n in range(10)]))
    runs = [begin_run(scenes, first) for _ in range(3)]

    def states() -> list[str]:
        return [scenes.call("GET", path).json()["operation"]["status"] for path in runs]

    scenes.advance(5)
    assert states() == ["Running", "Pending", "Pending"]
    scenes.call("DELETE", f"{INGESTIONS}/{first}", 409)
    assert scenes.ingest({**scenes.scene(11)})["status"] == "Succeeded"  # its 30 s end the first run, too
    assert states()[0] == "Succeeded" and states()[1:] in (["Running", "Pending"], ["Failed", "Running"])
    scenes.advance(60)
    assert states() == ["Succeeded", "Failed", "Failed"]
    times = [scenes.call("GET", path).json()["operation"] for path in runs]
    assert all(before["finishTime"] <= after["startTime"] for before, after in pairwise(times))
    assert scenes.finish(scenes.call("DELETE", f"{INGESTIONS}/{first}", 202))["status"] == "Succeeded"
    scenes.call("GET", runs[0], 404)


def test_a_canceled_run_keeps_what_it_has_done_and_makes_way(stage: Stage) -> None:
    scenes = stage.catalog
    scenes.control("PUT", "config", {"operations": {"min_seconds": 4, "max_seconds": 4, "bulk_item_seconds": 1}})
    ingestion = create(scenes, stage.put_catalog([scenes.scene(n) for n in range(20)]), skipExistingItems=True)
    runs = [begin_run(scenes, ingestion) for _ in range(2)]
    scenes.advance(12)
    operation = scenes.call("GET", runs[0]).json()["operation"]
    scenes.call("DELETE", f"/inma/operations/{operation['id']}", 204)
    canceled = scenes.call("GET", runs[0]).json()["operation"]
    total, pending, done, failed = counts(canceled)
    assert canceled["status"] == "Canceled" and total == 20 and 0 < done == 20 - pending and not failed
    assert len(scenes.ids(limit=100)) == done
    scenes.advance(60)
    assert counts(scenes.call("GET", runs[1]).json()["operation"]) == (20, 0, 20, 0)
    pending = begin_run(scenes, ingestion)
    scenes.call("DELETE", "/inma/operations", 204)
    scenes.advance(60)
    operation = scenes.call("GET", pending).json()["operation"]
    assert [entry["status"] for entry in operation["statusHistory"]] == ["Canceled"] and "startTime" not in operation
    assert scenes.finish(scenes.call("DELETE", f"{INGESTIONS}/{ingestion}", 202))["status"] == "Succeeded"


def test_a_run_of_a_collection_that_was_deleted_fails(stage: Stage) -> None:
    scenes = stage.catalog
    ingestion = create(scenes, stage.put_catalog([scenes.scene(1)]))
    operation = scenes.call("POST", f"{INGESTIONS}/{ingestion}/runs", 201).json()["operation"]
    scenes.control("PUT", "config", {"operations": {"collection_min_seconds": 0, "collection_max_seconds": 0}})
    scenes.call("DELETE", "/stac/collections/c", 202)
    scenes.advance(60)
    assert scenes.call("GET", f"/inma/operations/{operation['id']}").json()["status"] == "Failed"


def test_a_run_outlives_a_restart_under_another_port(tmp_path: Path) -> None:
    config = EmulatorConfig.model_validate(
        {"operations": {"min_seconds": 0, "max_seconds": 0, "bulk_item_seconds": 1000}}
    )
    with EmulatorServer(tmp_path / "data", config=config) as server:
        catalog = Catalog(server.url)
        catalog.control("PUT", "upstream/items", [upstream_scene(number) for number in range(3)])
        catalog.add_collection()
        catalog.add_source()
        stage = Stage(catalog)
        path = begin_run(catalog, create(catalog, stage.put_geoparquet([catalog.scene(n) for n in range(3)])))
        assert counts(catalog.call("GET", path).json()["operation"]) == (3, 3, 0, 0)
    with EmulatorServer(tmp_path / "data", config=config) as server:
        catalog = Catalog(server.url)
        catalog.control("PUT", "upstream/items", [upstream_scene(number) for number in range(3)])
        catalog.advance(1600)
        operation = catalog.call("GET", path).json()["operation"]
        assert operation["status"] == "Running" and operation["totalPendingItems"] < 3
