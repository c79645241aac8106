"""Ingestion sources, and what they open."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.catalog import Catalog, error_of


def test_sas_is_never_shown_and_the_list_has_no_connection(catalog: Catalog) -> None:
    body = catalog.source_body()
    response = catalog.call("POST", "/inma/ingestion-sources", 201, json={**body, "id": "mine"})
    source = response.json()
    assert source["id"] != "mine" and source["id"] in response.headers["Location"]
    assert source["connectionInfo"]["containerUrl"] == catalog.container
    assert source["connectionInfo"]["expiration"].endswith(".0000000Z")
    shown = catalog.call("GET", f"/inma/ingestion-sources/{source['id']}", 200)
    assert shown.json() == source
    listed = catalog.call("GET", "/inma/ingestion-sources", 200)
    assert listed.json() == {"value": [{name: source[name] for name in ("id", "kind", "created")}]}
    replaced = catalog.call("PUT", f"/inma/ingestion-sources/{source['id']}", 200, json=body)
    assert "created" not in replaced.json()
    for text in (response.text, shown.text, listed.text, replaced.text):
        assert "sig=" not in text and "sasToken" not in text


def test_one_source_per_container(catalog: Catalog) -> None:
    source = catalog.add_source()
    response = catalog.call("POST", "/inma/ingestion-sources", 409, json=catalog.source_body())
    message = f"Container url {catalog.container} already contains a SAS token ingestion source with id {source['id']}"
    assert response.json()["error"]["message"] == message
    catalog.call("DELETE", f"/inma/ingestion-sources/{source['id']}", 204)
    catalog.call("DELETE", f"/inma/ingestion-sources/{source['id']}", 404)
    catalog.add_source()


def drop(parameter: str, token: str) -> str:
    return "&".join(part for part in token.split("&") if not part.startswith(f"{parameter}="))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: {"sasToken": drop("st", c["sasToken"])}, "st"),
        (lambda c: {"sasToken": drop("sig", c["sasToken"])}, "sig"),
        (lambda c: {"sasToken": c["sasToken"].replace("sp=rl", "sp=r")}, "sp=rl"),
        (lambda c: {"sasToken": c["sasToken"].replace("sr=c", "sr=b")}, "sr=c"),
        (lambda c: {"sasToken": ""}, "sasToken"),
        (lambda c: {"containerUrl": c["containerUrl"] + "/"}, "slash"),
        (lambda c: {"containerUrl": "nowhere"}, "containerUrl"),
    ],
)
def test_unusable_source_is_400(catalog: Catalog, change: Any, message: str) -> None:
    body = catalog.source_body()
    body["connectionInfo"] |= change(body["connectionInfo"])
    response = catalog.call("POST", "/inma/ingestion-sources", 400, json=body)
    assert message in response.json()["error"]["message"] and "sig=" not in response.text
    catalog.call("POST", "/inma/ingestion-sources", 400, json={**catalog.source_body(), "kind": "Key"})


def test_without_a_source_the_container_is_closed(catalog: Catalog) -> None:
    catalog.add_collection()
    code, message = error_of(catalog.ingest(catalog.scene(1)))
    assert code == "PublicAccessRestricted"
    assert message.startswith("Asset transformation exception. Reason: Error retrieving content from public source.")
    assert message.endswith(f"Source: {catalog.scene(1)['assets']['B09']['href']}")


def test_an_expired_source_is_renewed_in_place(scenes: Catalog) -> None:
    scenes.advance(46 * 60)
    scenes.session.headers["Authorization"] = f"Bearer {scenes.token()}"
    code, message = error_of(scenes.ingest(scenes.scene(1)))
    assert code == "IngestionAuthenticationFailed" and "sig=" not in message
    (source,) = scenes.call("GET", "/inma/ingestion-sources", 200).json()["value"]
    scenes.call("PUT", f"/inma/ingestion-sources/{source['id']}", 200, json=scenes.source_body())
    assert scenes.ingest(scenes.scene(1))["status"] == "Succeeded"


def test_managed_identity_needs_no_sas(catalog: Catalog) -> None:
    catalog.add_collection()
    (identity,) = catalog.call("GET", "/inma/ingestion-sources/managed-identities", 200).json()["value"]
    connection = {"containerUrl": catalog.container, "objectId": identity["objectId"]}
    body = {"kind": "BlobManagedIdentity", "connectionInfo": connection}
    assert catalog.call("POST", "/inma/ingestion-sources", 201, json=body).json()["connectionInfo"] == connection
    assert catalog.ingest(catalog.scene(1))["status"] == "Succeeded"
    response = catalog.call("POST", "/inma/ingestion-sources", 409, json=body)
    assert "managed identity ingestion source" in response.json()["error"]["message"]
    body["connectionInfo"] = {"containerUrl": catalog.container}
    catalog.call("POST", "/inma/ingestion-sources", 400, json=body)


def with_asset(catalog: Catalog, href: str) -> dict[str, Any]:
    item = catalog.scene(1)
    item["assets"]["extra"] = {"href": href}
    return item


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/planetary-computer/blob/testaccount/scenes/absent.tif", "IngestionResourceUriNotFound"),
        ("/planetary-computer/blob/testaccount/other/x.tif", "PublicAccessRestricted"),
        ("/planetary-computer/api/data/v1/item/tilejson.json?collection=c", "IngestionResourceUriNotFound"),
    ],
)
def test_one_unreadable_asset_fails_the_whole_item(scenes: Catalog, path: str, code: str) -> None:
    assert error_of(scenes.ingest(with_asset(scenes, scenes.url + path)))[0] == code
    assert scenes.ids() == []


def test_signed_href_needs_no_source(catalog: Catalog) -> None:
    catalog.add_collection()
    item = catalog.scene(1)
    for asset in item["assets"].values():
        asset["href"] += f"?{catalog.sas()}"
    assert catalog.ingest(item)["status"] == "Succeeded"
    stored = catalog.call("GET", "/stac/collections/c/items/scene-01", 200).json()
    assert stored["assets"]["B09"]["href"].endswith("/B09.tif")


class OtherHost(http.server.BaseHTTPRequestHandler):
    """A host that is not the emulator's."""

    def do_GET(self) -> None:
        """Answer by path."""
        status = {"/file.txt": 200, "/closed.txt": 403}.get(self.path, 404)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def other_host() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OtherHost)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_asset_of_another_host_is_copied(scenes: Catalog, other_host: str) -> None:
    assert scenes.ingest(with_asset(scenes, f"{other_host}/file.txt"))["status"] == "Succeeded"
    item = scenes.call("GET", "/stac/collections/c/items/scene-01?sign=true", 200).json()
    copied = scenes.session.get(item["assets"]["extra"]["href"], timeout=60)
    assert copied.content == b"hello" and copied.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("path", "code"), [("/closed.txt", "IngestionResourceForbidden"), ("/gone", "IngestionResourceUriNotFound")]
)
def test_refusal_of_another_host_has_its_own_code(scenes: Catalog, other_host: str, path: str, code: str) -> None:
    assert error_of(scenes.ingest(with_asset(scenes, other_host + path)))[0] == code


def test_dead_host_is_a_failed_connection(scenes: Catalog) -> None:
    code, _ = error_of(scenes.ingest(with_asset(scenes, "http://127.0.0.1:9/x.tif")))
    assert code == "IngestionResourceConnectionFailed"
