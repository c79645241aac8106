"""Containers, read from hrefs."""

import pytest

from stac.containers import Container, container_of, containers_of

ROOT = "http://127.0.0.1:8090/planetary-computer/blob"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("https://a.blob.core.windows.net/c/x/y.tif", "https://a.blob.core.windows.net/c"),
        ("https://a.blob.core.usgovcloudapi.net/c/y.tif?sig=z", "https://a.blob.core.usgovcloudapi.net/c"),
        (f"{ROOT}/a/c/x.tif", f"{ROOT}/a/c"),
    ],
)
def test_container_of_a_file(href, url):
    assert container_of(href, ROOT) == Container(url, "a", "c")


@pytest.mark.parametrize(
    "href",
    [
        "https://planetarycomputer.microsoft.com/api/data/v1/item/preview.png",
        "https://a.blob.core.windows.net/c",
        "http://a.blob.core.windows.net/c/x.tif",
        "https://blob.core.windows.net.example.com/c/x.tif",
        "abfs://items/x.parquet",
        "./x.tif",
        f"{ROOT}/a/c",
    ],
)
def test_what_is_no_file_in_a_container(href):
    assert container_of(href, ROOT) is None


def test_containers_of_an_item_are_distinct():
    hrefs = ["https://a.blob.core.windows.net/c/1", "https://a.blob.core.windows.net/c/2", f"{ROOT}/a/d/3"]
    found = containers_of({"assets": {str(n): {"href": href} for n, href in enumerate(hrefs)}}, ROOT)
    assert {container.name for container in found} == {"c", "d"}
