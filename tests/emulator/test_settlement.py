"""Effects of operations: applied once, and a mistake stays with its operation."""

import logging
import threading
from pathlib import Path

import pytest

from emulator.database import Database
from emulator.geocatalog import batch
from emulator.geocatalog.downloads import fetch_all
from emulator.server import EmulatorServer
from tests.emulator.catalog import SCENES, Catalog, error_of


def test_an_unexpected_error_fails_one_operation_only(
    emulator: EmulatorServer, scenes: Catalog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ingest = batch.ingest_item

    def ingest_or_break(state, item, *rest, **options):
        if item["id"] == "scene-01":
            raise ZeroDivisionError("mistake")
        return ingest(state, item, *rest, **options)

    monkeypatch.setattr(batch, "ingest_item", ingest_or_break)
    broken, good = scenes.post_items(scenes.scene(1)), scenes.post_items(scenes.scene(2))
    with caplog.at_level(logging.CRITICAL, logger="emulator"):
        assert error_of(scenes.finish(broken))[0] == "InternalError"
    assert scenes.finish(good)["status"] == "Succeeded" and scenes.ids() == ["scene-02"]


def test_inner_block_fails_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "db.sqlite")
    database.execute_script("CREATE TABLE t(x)")
    with database.transaction() as db:
        db.execute("INSERT INTO t VALUES(1)")
        with pytest.raises(ZeroDivisionError), database.transaction():
            db.execute("INSERT INTO t VALUES(2)")
            raise ZeroDivisionError
        assert [row[0] for row in database.reader().execute("SELECT x FROM t")] == [1]
        db.execute("INSERT INTO t VALUES(3)")
    assert [row[0] for row in database.reader().execute("SELECT x FROM t")] == [1, 3]
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        db.execute("INSERT INTO t VALUES(4)")
        raise ZeroDivisionError
    assert [row[0] for row in database.reader().execute("SELECT x FROM t")] == [1, 3]
    database.close()


def test_unreachable_host_is_tried_once() -> None:
    found = fetch_all([f"http://127.0.0.1:9/{number}" for number in range(50)])
    assert len(found) == 50
    assert {download.error.code for download in found.values() if download.error} == {
        "IngestionResourceConnectionFailed"
    }


def test_reader_is_closed_with_its_thread(tmp_path: Path) -> None:
    database = Database(tmp_path / "db.sqlite")
    for _ in range(5):
        thread = threading.Thread(target=lambda: database.reader().execute("SELECT 1").fetchall())
        thread.start()
        thread.join()
    assert len(database._readers) == 0
    database.close()


@pytest.mark.long
def test_ten_thousand_items_go_through_in_batches(scenes: Catalog) -> None:
    for first in range(0, 10_000, 100):
        batch = [{**scenes.scene(n % SCENES), "id": f"item-{n:05d}"} for n in range(first, first + 100)]
        scenes.post_items(*batch)
    scenes.advance(30)
    done = scenes.call("GET", "/inma/operations?$top=1000&status=Succeeded", 200).json()["value"]
    assert len(done) == 101
