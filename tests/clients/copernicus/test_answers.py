"""What is done about an answer, where no server is needed to know it; and which hosts may see a token."""

import pytest

from clients.copernicus.answers import Step, retry_after, step_of
from clients.copernicus.errors import Interrupted, StartOver
from clients.copernicus.hosts import Hosts
from clients.copernicus.partial_file import Sidecar

PART = Sidecar(product_id="p", total=300, etag='"one"')
REAL = Hosts("https://catalogue.dataspace.copernicus.eu/odata/v1", "https://download.dataspace.copernicus.eu/odata/v1")
LOCAL = Hosts("http://127.0.0.1:8090/odata/v1", "http://127.0.0.1:8090/download/odata/v1")


@pytest.mark.parametrize(
    ("status", "headers", "offset", "step"),
    [
        (200, {}, 0, Step.FROM_START),
        (200, {}, 100, Step.FROM_START),
        (206, {"Content-Range": "bytes 100-299/300", "ETag": '"one"'}, 100, Step.APPEND),
        (206, {"Content-Range": "bytes 100-299/*"}, 100, Step.APPEND),
        (416, {}, 300, Step.COMPLETE),
        (416, {"Content-Range": "bytes */250"}, 250, Step.COMPLETE),
    ],
)
def test_what_agrees_is_taken(status, headers, offset, step):
    assert step_of(status, headers, offset, PART) is step


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (206, {}),
        (206, {"Content-Range": "bytes 0-299/300"}),
        (206, {"Content-Range": "bytes 99-299/300"}),
        (206, {"Content-Range": "bytes 100-399/400"}),
        (206, {"Content-Range": "bytes 100-299/300", "ETag": '"two"'}),
        (416, {"Content-Range": "bytes */300"}),
    ],
)
def test_what_does_not_agree_is_begun_anew(status, headers):
    with pytest.raises(StartOver):
        step_of(status, headers, 100, PART)


def test_a_range_that_was_not_asked_for_is_not_taken():
    with pytest.raises(Interrupted):
        step_of(206, {"Content-Range": "bytes 0-299/300"}, 0, PART)


def test_retry_after_is_a_number_or_a_date():
    assert retry_after({"Retry-After": "75"}) == 75
    dates = {"Retry-After": "Fri, 20 Nov 2026 12:01:30 GMT", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"}
    assert retry_after(dates) == 90
    assert retry_after({}) is None
    assert retry_after({"Retry-After": "soon"}) is None


@pytest.mark.parametrize(
    ("hosts", "url", "may"),
    [
        (REAL, "https://download.dataspace.copernicus.eu/x", True),
        (REAL, "https://zipper.dataspace.copernicus.eu/x", True),
        (REAL, "http://download.dataspace.copernicus.eu/x", False),
        (REAL, "https://dataspace.copernicus.eu.example.com/x", False),
        (REAL, "https://evildataspace.copernicus.eu/x", False),
        (REAL, "http://localhost:8090/x", False),
        (LOCAL, "http://localhost:8090/x", True),
        (LOCAL, "http://example.com/x", False),
    ],
)
def test_only_hosts_of_the_service_may_see_the_token(hosts, url, may):
    assert hosts.may_see_token(url) is may
