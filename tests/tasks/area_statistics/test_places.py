"""Where results are written."""

from models.area_statistics_request import AreaStatisticsRequest
from tasks.area_statistics.places import folder_of


def folder(index: str) -> str:
    return folder_of(AreaStatisticsRequest(areas=["a"], last=1, index=index)).name


def test_each_index_has_a_folder_of_its_own():
    assert folder("ndvi") == "ndvi-geocatalog"
    assert folder("(B08-B11)/(B08+B11)") == folder(" (B08-B11)/(B08+B11) ")
    assert folder("(B08-B11)/(B08+B11)") != folder("(B08-B03)/(B08+B03)")
