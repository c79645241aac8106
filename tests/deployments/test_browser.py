"""What a user does in Prefect's pages, in Chromium, with all of `make up` behind them, on each kind of database.

`pytest -m long tests/deployments/test_browser.py --screenshots docs/images` takes the README's pictures anew.
"""

import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from cli.postgresql import remove_data
from tests.deployments.conftest import Local
from tests.deployments.prefect_ui import HEIGHT, PrefectUI

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["quic", "background-networking", "component-update", "sync"]
KEY = "sentinel-2-l2a"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def local(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: `make browser` installs it where that is possible")
    if request.param == "postgresql" and not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        pytest.skip("there is no PostgreSQL server on this machine")
    here = Local(tmp_path_factory.mktemp("up"), request.param)
    try:
        here.up()
        yield here
    finally:
        here.down()
        remove_data(here.folder)
        assert here.processes() == []


@pytest.fixture
def hosts() -> set[str]:
    """Names of the hosts that the pages asked."""
    return set()


@pytest.fixture
def ui(local: Local, hosts: set[str]) -> Iterator[PrefectUI]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--no-first-run", *(f"--disable-{name}" for name in QUIET)]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page()
        page.on("request", lambda asked: hosts.add(urlsplit(asked.url).hostname or ""))
        yield PrefectUI(page, local.url)
        browser.close()


def snap(ui: PrefectUI, request: pytest.FixtureRequest, name: str, height: int = HEIGHT) -> None:
    """Save a picture, if asked for, with few colours: pages have few, and the README shall stay light.

    Args:
        height: pixels of the page that are kept; what is below says nothing.
    """
    folder = request.config.getoption("--screenshots")
    if folder is None:
        return
    path = Path(folder) / f"{name}.png"
    ui.save(path)
    with Image.open(path) as image:
        image.convert("RGB").crop((0, 0, image.width, height)).quantize(128).save(path, optimize=True)


def test_what_a_user_does_in_the_pages(local: Local, ui: PrefectUI, hosts: set[str], request) -> None:
    ingest_with_changed_area_and_time(local, ui, request)
    census_as_filled_in(local, ui, request)
    retry_of_a_failed_run(local, ui, request)
    rerun_failed_from_its_form(local, ui)
    assert hosts <= {"127.0.0.1", ""}, "nothing reaches outside the machine"


def ingest_with_changed_area_and_time(local: Local, ui: PrefectUI, request) -> None:
    ui.open_form("ingest-items")
    ui.fill("Datetime range", "2024-02-04/2024-02-07")
    ui.fill_list("Bounding box", [-22.455626, 63.834083, -22.395201, 63.88075])
    ui.fill("Cloud cover limit", "99.5")
    ui.show_in_the_middle("Datetime range")
    snap(ui, request, "prefect-form")
    run_id = ui.submit()
    ui.await_state("Completed")
    asked = local.run(run_id)["parameters"]["request"]
    assert asked["bbox"] == [-22.455626, 63.834083, -22.395201, 63.88075]
    assert (asked["datetime_range"], asked["max_cloud_cover"]) == ("2024-02-04/2024-02-07", 99.5)
    assert len(local.catalog.submitted()) == 3

    ui.open_artifact(run_id, f"{KEY}-progress")
    expect(ui.page.get_by_text("3 of 3 Items have an outcome")).to_be_visible()
    ui.open_run(run_id)  # once more: the picture of the run is drawn when its records are complete
    snap(ui, request, "prefect-run")
    ui.open_artifact(run_id, f"{KEY}-preview")
    assert ui.width_of_picture() >= 200
    ui.open_artifact(run_id, f"{KEY}-outcomes")
    item_id = sorted(local.catalog.submitted())[0]
    snap(ui, request, "prefect-outcomes")
    with ui.page.expect_popup() as opened:
        ui.page.get_by_role("link", name=item_id).click()
    expect(opened.value.locator(f'.item.chosen[data-id="{item_id}"]')).to_be_visible()


def census_as_filled_in(local: Local, ui: PrefectUI, request) -> None:
    ui.open_form("census")
    run_id = ui.submit()
    ui.await_state("Gaps")
    ui.open_artifact(run_id, f"{KEY}-census-picture")
    assert ui.width_of_picture() >= 300
    snap(ui, request, "prefect-census")


def retry_of_a_failed_run(local: Local, ui: PrefectUI, request) -> None:
    failing = sorted(fail(local, "S2A_*20240210*", "S2B_*20240208*"))
    ui.open_form("ingest-items")
    run_id = ui.submit()
    ui.await_state("Failed")
    expect(ui.page.get_by_text("2 of 6 Items failed").first).to_be_visible()
    ui.open_artifact(run_id, f"{KEY}-outcomes")
    for item_id in failing:
        cause = ui.page.get_by_role("listitem").filter(has_text=item_id)
        expect(cause).to_contain_text("IngestionResourceTimeout")
    snap(ui, request, "prefect-failed", height=520)
    mend(local)
    ui.open_run(run_id)
    ui.retry()
    ui.await_state("Completed")
    assert local.catalog.submitted() == dict.fromkeys(failing, 1), "Retry sends what failed, and only that"


def rerun_failed_from_its_form(local: Local, ui: PrefectUI) -> None:
    failing = fail(local, "S2A_*20230215*")
    ui.open_form("ingest-items")
    ui.fill("Datetime range", "2023-02-01/2023-03-31")
    ui.submit()
    ui.await_state("Failed")
    mend(local)
    ui.open_form("rerun-failed")
    run_id = ui.submit()
    ui.await_state("Completed")
    assert local.catalog.submitted() == dict.fromkeys(failing, 1)
    ui.open_artifact(run_id, "rerun-failed")
    expect(ui.page.get_by_text(next(iter(failing))).first).to_be_visible()


def fail(local: Local, *patterns: str) -> set[str]:
    """Let Items fail until `mend`; return their ids."""
    for pattern in patterns:
        local.catalog.fault(item=pattern, code="IngestionResourceTimeout", times=None)
    found = {item_id for item_id in local.catalog.upstream_items(KEY) for glob in patterns if fnmatch(item_id, glob)}
    assert len(found) == len(patterns)
    return found


def mend(local: Local) -> None:
    local.catalog.control("DELETE", "faults")
    local.catalog.forget_requests()
