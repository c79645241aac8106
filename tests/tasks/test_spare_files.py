"""Which files may go to make room, and which may not."""

import shutil

import pytest
from filelock import FileLock

from ledger.ledger import Ledger
from ledger.products import ProductChange
from ledger.records import RunRecord
from models.copernicus import DownloadedProduct, ProductState
from models.runs import RunState
from tasks import spare_files
from tasks.spare_files import held
from tests.copernicus_products import WHEN, made_up_product

SIZE = 100


def product(number):
    return made_up_product(number, f"S2A_{number}.SAFE")


@pytest.fixture
def folder(tmp_path):
    """A folder with a part, a whole file, and one in quarantine."""
    folder = tmp_path / "files"
    (folder / "quarantine").mkdir(parents=True)
    for name in ("S2A_1.SAFE.part", "S2A_2.SAFE.zip", "quarantine/S2A_3.SAFE.zip"):
        (folder / name).write_bytes(b"0" * SIZE)
    return folder


@pytest.fixture
def ledgers(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    opened = [Ledger.open(url, catalog) for catalog in ("https://catalog", "https://copernicus")]
    yield opened
    for ledger in opened:
        ledger.close()


def look_for_spare_files(folder, at_work, known, own):
    return spare_files.look_for_spare_files(folder, "this run", at_work, known, own)


def record(ledger, state, *numbers, folder=None, ends=True, run_id=None, request=None):
    """Write products down, in a run of their own."""
    run_id = run_id or f"run of {numbers}"
    ledger.begin_run(RunRecord(run_id, "ingest-copernicus", "c", request=request or {}))
    for number in numbers:
        file = DownloadedProduct(
            product=product(number),
            path=str(folder / f"S2A_{number}.SAFE.zip"),
            size=SIZE,
            checksum="md5:0",
            verified_by="md5",
            fetched=SIZE,
            seconds=1,
            downloaded=WHEN,
            modified_ns=0,
        )
        ledger.record_products(run_id, "c", [ProductChange(product(number), state, downloaded=file)])
    if ends:
        ledger.end_run(run_id, RunState.FAILED, {})


def here(folder):
    return sorted(path.name for path in folder.rglob("*SAFE*"))


def test_no_more_goes_than_is_needed_the_longest_untouched_first(folder, ledgers):
    record(ledgers[0], ProductState.CORRUPT, 3, folder=folder)
    record(ledgers[0], ProductState.FAILED, 1, 2, folder=folder)
    spare = look_for_spare_files(folder, [], *ledgers)
    assert spare.size == 3 * SIZE
    assert spare.free(SIZE + 1) == 2 * SIZE
    assert spare.removed == ["S2A_3.SAFE", "S2A_1.SAFE"]
    assert here(folder) == ["S2A_2.SAFE.zip"]
    assert (spare.free(1000), spare.free(1000)) == (SIZE, 0)


def test_products_of_this_run_and_of_one_that_is_at_work_stay(folder, ledgers):
    record(ledgers[0], ProductState.FAILED, 1, folder=folder)
    record(ledgers[0], ProductState.DOWNLOADED, 2, folder=folder, ends=False)
    assert look_for_spare_files(folder, ["S2A_1.SAFE"], *ledgers).size == 0


def test_what_was_downloaded_for_itself_stays(folder, ledgers):
    record(ledgers[0], ProductState.FAILED, 2, folder=folder)
    record(ledgers[1], ProductState.DOWNLOADED, 2, folder=folder)
    spare = look_for_spare_files(folder, [], *ledgers)
    spare.add(["S2A_2.SAFE"])
    assert spare.free(1000) == 0
    assert "S2A_2.SAFE.zip" in here(folder)


def test_files_of_proven_products_go_at_once(folder, ledgers):
    """A run was killed between the proof and the removal."""
    record(ledgers[0], ProductState.PROVEN, 2, folder=folder)
    assert look_for_spare_files(folder, [], *ledgers).size == 0
    assert "S2A_2.SAFE.zip" not in here(folder)


def test_a_part_that_a_process_is_writing_stays(folder, ledgers):
    record(ledgers[0], ProductState.FAILED, 1, folder=folder)
    spare = look_for_spare_files(folder, [], *ledgers)
    with FileLock(folder / "S2A_1.SAFE.part.lock"):
        assert spare.free(1000) == 0
    assert "S2A_1.SAFE.part" in here(folder)


def test_files_that_the_ledger_does_not_know_stay(folder, ledgers):
    assert look_for_spare_files(folder, [], *ledgers).free(1000) == 0
    assert len(here(folder)) == 3


@pytest.fixture
def spare(folder, ledgers):
    """What this run, which has brought product 2, knows of a folder that was empty when it planned."""
    shutil.rmtree(folder)
    folder.mkdir()
    known = look_for_spare_files(folder, ["S2A_2.SAFE"], *ledgers)
    (folder / "S2A_2.SAFE.zip").write_bytes(b"0" * SIZE)
    record(ledgers[0], ProductState.DOWNLOADED, 2, folder=folder, ends=False, run_id="this run")
    return known


def is_kept(spare):
    """Tell whether a product is neither removed once it is proven, nor to make room."""
    spare.add(["S2A_2.SAFE"])
    spare.free(1000)
    spare.remove("S2A_2.SAFE")
    return "S2A_2.SAFE.zip" in here(spare.folder)


def test_what_nobody_else_wants_goes(spare):
    assert not is_kept(spare)


def test_what_was_delivered_meanwhile_stays(spare, ledgers):
    record(ledgers[1], ProductState.DOWNLOADED, 2, folder=spare.folder)
    assert is_kept(spare)


@pytest.mark.parametrize("names_folder", [True, False])
@pytest.mark.parametrize("state", [ProductState.FOUND, ProductState.DOWNLOADING])
def test_what_is_about_to_be_delivered_stays(spare, ledgers, state, names_folder):
    request = {"folder": str(spare.folder)} if names_folder else {}
    record(ledgers[1], state, 2, folder=spare.folder, ends=False, request=request)
    assert is_kept(spare)


def test_what_is_delivered_elsewhere_does_not_stay(spare, ledgers, tmp_path):
    elsewhere = {"folder": str(tmp_path / "elsewhere")}
    record(ledgers[1], ProductState.DOWNLOADING, 2, folder=tmp_path / "elsewhere", ends=False, request=elsewhere)
    assert not is_kept(spare)


def test_what_another_run_is_about_to_stage_stays(spare, ledgers):
    record(ledgers[0], ProductState.DOWNLOADED, 2, folder=spare.folder, ends=False, run_id="another")
    assert is_kept(spare)


def test_what_is_in_hand_stays(spare):
    with held("S2A_2.SAFE", spare.folder):
        assert is_kept(spare)
    assert not is_kept(spare)
    assert not [path for path in spare.folder.iterdir() if path.suffix == ".lock"]
