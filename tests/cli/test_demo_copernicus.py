"""The demo fails unless it shows what it says: all products proven, and a download that was resumed."""

import pytest

from cli.demo_copernicus import check_proven, check_resumed
from clients.copernicus.partial_file import CHUNK
from models.copernicus_ingest import CopernicusIngestReport
from models.errors import RunFailed

NAME = "S2B_MSIL2A_20240205T131149_N0510_R138_T27VVL_20240205T154527.SAFE"
OTHER = "S2A_MSIL2A_20240204T125151_N0510_R138_T27VVL_20240204T154527.SAFE"
SIZE = 3_000_000


def reports_of(*proven):
    return [
        CopernicusIngestReport(collection_id="mine", matched=3, proven=count, container_url="https://host/container")
        for count in proven
    ]


def test_all_products_are_proven():
    check_proven(reports_of(3, 1))


@pytest.mark.parametrize("proven", [(0, 1), (2, 1), (3, 0)])
def test_a_product_that_is_not_proven_fails_the_demo(proven):
    with pytest.raises(RunFailed, match=r"was to prove \d products in mine, and proved \d of 3"):
        check_proven(reports_of(*proven))


def sent(requests, size):
    return {NAME: {"requests": requests, "bytes": size}, OTHER: {"requests": 1, "bytes": SIZE}}


@pytest.mark.parametrize("size", [SIZE, SIZE + CHUNK])
def test_a_download_that_went_on_is_what_the_demo_shows(size):
    check_resumed(sent(2, size), {NAME: SIZE})


def test_a_download_that_began_anew_fails_the_demo():
    with pytest.raises(RunFailed, match="began anew instead of asking for the missing bytes only"):
        check_resumed(sent(2, round(SIZE * 1.5)), {NAME: SIZE})


@pytest.mark.parametrize("sizes", [{NAME: SIZE}, {}])
def test_a_download_that_was_not_cut_off_fails_the_demo(sizes):
    with pytest.raises(RunFailed, match=r"No download of .* was cut off"):
        check_resumed(sent(1, SIZE), sizes)
