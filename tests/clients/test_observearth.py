"""The client of ObservEarth, against its stand-in over HTTP."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from pydantic import SecretStr

from clients.observearth import ObservEarth
from clients.observearth.keyed_session import KeyedSession
from models.errors import CredentialsError, RefusedError, TransientError
from tests.conftest import LocalGeoCatalog

KEY = "5a7c1e52-8f0b-4c6e-9d38-2b61f4a0c7e9"
FIELD = {
    "type": "Polygon",
    "coordinates": [[[-22.44, 63.845], [-22.40, 63.845], [-22.40, 63.87], [-22.44, 63.87], [-22.44, 63.845]]],
}
JANUARY, DECEMBER = date(2023, 1, 1), date(2023, 12, 31)


@pytest.fixture
def client(emulator: LocalGeoCatalog) -> ObservEarth:
    return ObservEarth(f"{emulator.url}/observearth/api", SecretStr(KEY))


def test_all_pages_of_geometries_are_read(client: ObservEarth, emulator: LocalGeoCatalog):
    for number in range(205):
        client.create_geometry(f"field {number}", FIELD)
    emulator.forget_requests()
    geometries = client.list_geometries()
    assert [geometry.name for geometry in geometries] == [f"field {number}" for number in range(205)]
    assert geometries[0].geometry == FIELD
    assert emulator.count("GET", "/geometry/") == 2


def test_statistics_search_and_picture_of_a_year(client: ObservEarth, emulator: LocalGeoCatalog):
    emulator.configure(observearth={"null_dates": ["2023-07-15"]})
    field = client.create_geometry("field", FIELD)
    days = client.stats(field.id, JANUARY, DECEMBER, 100, "ndvi")
    assert len(days) == 12
    assert [day.date for day in days if day.mean_value is None] == [date(2023, 7, 15)]
    ids = client.search(field.id, JANUARY, DECEMBER, 100)
    assert len(ids) == 12
    assert client.image(field.id, ids[5], "ndvi", "RdYlGn").startswith(b"\x89PNG")
    assert client.image(field.id, ids[5], "ndvi", "RdYlGn", "tif")[:2] in (b"II", b"MM")
    assert client.search(field.id, date(2020, 1, 1), date(2020, 1, 31), 100) == []


def test_a_refused_key_is_named_as_the_setting_and_never_shown(emulator: LocalGeoCatalog):
    wrong = ObservEarth(f"{emulator.url}/observearth/api", SecretStr("no-such-key-1234"))
    with pytest.raises(CredentialsError, match="GEOCATALOG_OBSERVEARTH_API_KEY") as caught:
        wrong.list_geometries()
    assert "no-such-key" not in str(caught.value)


def test_the_key_goes_only_to_its_own_host_and_never_in_clear(emulator: LocalGeoCatalog):
    with pytest.raises(CredentialsError, match="use https"):
        ObservEarth("http://observearth.example/api", SecretStr(KEY))
    session = KeyedSession("API", f"{emulator.url}/observearth/api", header="X-API-Key", key=SecretStr(KEY), timeout=5)
    with pytest.raises(RefusedError, match="links to another host"):
        session.request("GET", "http://127.0.0.1:9/api?page=2")


def test_a_denied_geometry_is_refused_for_itself(client: ObservEarth, emulator: LocalGeoCatalog):
    field = client.create_geometry("field", FIELD)
    emulator.configure(observearth={"denied": ["field"]})
    with pytest.raises(RefusedError, match="403: You do not have permission"):
        client.stats(field.id, JANUARY, DECEMBER, 20, "ndvi")


def test_what_is_refused_says_which_member_is_wrong(client: ObservEarth, emulator: LocalGeoCatalog):
    with pytest.raises(RefusedError, match="geometry: A GeoJSON Polygon is required"):
        client.create_geometry("two", {"type": "MultiPolygon", "coordinates": [FIELD["coordinates"]]})
    field = client.create_geometry("field", FIELD)
    emulator.configure(observearth={"unique_names": True})
    with pytest.raises(RefusedError, match="already exists"):
        client.create_geometry("field", FIELD)
    with pytest.raises(RefusedError, match=r"index: .* is not a valid choice"):
        client.stats(field.id, JANUARY, DECEMBER, 20, "ndwi")


def test_too_many_requests_are_repeated_as_the_service_asks(client: ObservEarth, emulator: LocalGeoCatalog):
    field = client.create_geometry("field", FIELD)
    emulator.fault(route="POST /observearth/api/s2/search/", status=429, retry_after="3", times=2)
    emulator.forget_requests()
    assert len(client.search(field.id, JANUARY, DECEMBER, 100)) == 12
    assert emulator.count("POST", "/s2/search/") == 3


def test_a_request_that_hangs_is_given_up_and_not_repeated(emulator: LocalGeoCatalog):
    emulator.configure(observearth={"slow_seconds": 2})
    hasty = ObservEarth(f"{emulator.url}/observearth/api", SecretStr(KEY), timeout=0.3)
    with pytest.raises(
        TransientError, match=r"^The ObservEarth API did not answer within 0.3 s\. Run it again later\.$"
    ):
        hasty.list_geometries()


class Trickle:
    """A server that answers once, chunk after chunk, until nobody listens."""

    def __init__(self, head: str, body: Callable[[], Iterator[bytes]]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, args=(head, body), daemon=True)
        self._thread.start()

    def _serve(self, head: str, body: Callable[[], Iterator[bytes]]) -> None:
        connection, _ = self._listener.accept()
        with connection, self._listener:
            connection.recv(65_536)
            try:
                connection.sendall(head.encode())
                for part in body():
                    connection.sendall(part)
            except OSError:
                return  # the client has gone, as it should


def test_an_answer_that_trickles_has_an_end():
    def endless() -> Iterator[bytes]:
        while True:
            yield b"10000\r\n" + b" " * 65_536 + b"\r\n"

    ticks = iter(range(0, 10_000, 5))
    server = Trickle("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", endless)
    session = KeyedSession(
        "API", server.url, header="X-API-Key", key=SecretStr(KEY), timeout=20, clock=lambda: next(ticks)
    )
    with pytest.raises(TransientError, match="did not end its answer within 20 s"):
        session.request("GET", "/geometry/")


def test_an_answer_that_is_cut_off_is_no_answer():
    body = json.dumps({"results": []}).encode()
    server = Trickle(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) + 10}\r\n\r\n", lambda: iter([body]))
    session = KeyedSession("API", server.url, header="X-API-Key", key=SecretStr(KEY), timeout=5)
    with pytest.raises(TransientError, match="API"):
        session.request("GET", "/geometry/")
