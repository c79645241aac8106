"""HTTP manners: retries, Retry-After, and what is said of each failure."""

import pytest

from clients.http_session import PatientRetry
from models.errors import ConflictError, NotFoundError, RefusedError, TransientError
from tasks.connect import geocatalog, planetary_computer


@pytest.fixture
def slept(monkeypatch):
    """Seconds that the session would have slept."""
    seconds = []
    monkeypatch.setattr(PatientRetry, "sleeper", staticmethod(seconds.append))
    return seconds


def test_retry_after_is_honoured(emulator, slept):
    emulator.fault(route="GET /stac", status=429, retry_after="7", times=2)
    geocatalog().stac.get_landing_page()
    assert slept == [7, 7]


def test_retry_after_has_a_bound(emulator, slept):
    emulator.fault(route="GET /stac", status=503, retry_after="86400", times=1)
    geocatalog().stac.get_landing_page()
    assert slept == [120]


def test_without_retry_after_it_backs_off_with_jitter(emulator, slept):
    emulator.fault(route="GET /stac", status=503, times=4)
    geocatalog().stac.get_landing_page()
    assert len(slept) == 4
    assert slept[-1] >= 4
    assert len(set(slept)) > 1


def test_what_keeps_failing_is_transient(emulator, slept):
    emulator.fault(route="GET /stac", status=503, times=None)
    with pytest.raises(TransientError, match=r"answered 503.*Run it again later"):
        geocatalog().stac.get_landing_page()
    assert len(slept) == 6


def test_a_dropped_connection_is_repeated(emulator, slept):
    emulator.fault(route="GET /stac", drop=True, times=2)
    assert geocatalog().stac.get_landing_page()["type"] == "Catalog"


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (409, ConflictError), (400, RefusedError)])
def test_refusals_are_not_repeated(emulator, slept, status, kind):
    emulator.fault(route="GET /stac", status=status, code="SomeCode", message="Some text.", times=None)
    emulator.forget_requests()
    with pytest.raises(kind, match="SomeCode: Some text") as error:
        geocatalog().stac.get_landing_page()
    assert error.value.status == status
    assert (slept, emulator.count("GET", "/stac")) == ([], 1)


def test_a_search_that_the_source_refuses_is_said(emulator, slept):
    emulator.fault(route="POST /planetary-computer/api/stac/v1/search", status=400, message="bad filter", times=None)
    with pytest.raises(RefusedError, match="refused the search"):
        list(planetary_computer().search_pages(collections=["sentinel-2-l2a"]))


def test_a_search_that_breaks_off_is_an_error_not_a_short_list(emulator, slept):
    emulator.fault(route="POST /planetary-computer/api/stac/v1/search", status=500, times=None)
    with pytest.raises(TransientError, match="run it again later"):
        list(planetary_computer().search_pages(collections=["sentinel-2-l2a"]))


def test_a_link_to_another_host_gets_no_token(emulator):
    with pytest.raises(RefusedError, match=r"links to another host: https://elsewhere\.example/next"):
        geocatalog().stac._api.get_json("https://elsewhere.example/next?token=x")


def test_a_source_that_refuses_is_not_blamed_on_the_geocatalog(emulator):
    emulator.fault(path="/planetary-computer/api/sas/*", status=403, times=None)
    with pytest.raises(RefusedError, match="Planetary Computer answered 403") as error:
        planetary_computer().get_token("sentinel-2-l2a")
    assert "GeoCatalog Administrator" not in str(error.value)


def test_an_answer_without_an_expiry_does_not_show_its_token(emulator, monkeypatch):
    source = planetary_computer()
    monkeypatch.setattr(source._api, "get_json", lambda path: {"token": "st=1&sig=PLANTED"})
    with pytest.raises(RefusedError, match="not with a token and its expiry") as error:
        source.get_token("sentinel-2-l2a")
    assert "PLANTED" not in str(error.value)
    assert error.value.__suppress_context__
