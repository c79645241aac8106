"""Three ways to ingest the benchmark's Items; each runs in a process of its own and prints one JSON line."""

import json
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from azure.identity import ManagedIdentityCredential
from requests.adapters import HTTPAdapter

from benchmarks.items import BBOX, COLLECTION, RANGE

THREADS = 16
"""As many as a flow run of the project has."""
BATCH = 100
PAGE = 500
VERSION = "2026-04-15"


class Wire:
    """The bare calls, with pooled connections and one token."""

    def __init__(self) -> None:
        self.url = os.environ["GEOCATALOG_URL"]
        self.source = os.environ["GEOCATALOG_SOURCE_URL"]
        self.http = requests.Session()
        self.http.mount("http://", HTTPAdapter(pool_connections=THREADS, pool_maxsize=THREADS))
        token = ManagedIdentityCredential().get_token("https://geocatalog.spatio.azure.com/.default").token
        self.bearer = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of a call of the GeoCatalog."""
        params = {"api-version": VERSION, **options.pop("params", {})}
        response = self.http.request(method, self.url + path, params=params, headers=self.bearer, timeout=60, **options)
        response.raise_for_status()
        return response.json() if response.content else None

    def items(self) -> list[dict[str, Any]]:
        """Return all Items of the source."""
        body: dict[str, Any] = {
            "collections": [COLLECTION],
            "bbox": BBOX,
            "datetime": f"{RANGE[:10]}T00:00:00Z/..",
            "limit": PAGE,
        }
        found: list[dict[str, Any]] = []
        url: str | None = f"{self.source}/stac/v1/search"
        while url:
            page = self.http.post(url, json=body, timeout=60).json()
            found += page["features"]
            link = next((link for link in page["links"] if link["rel"] == "next"), None)
            url, body = (link["href"], {**body, **link.get("body", {})}) if link else (None, body)
        return [{**item, "collection": COLLECTION, "links": []} for item in found]

    def register(self, items: list[dict[str, Any]]) -> None:
        """Register the container of the Items as an ingestion source."""
        container = "/".join(items[0]["assets"]["B01"]["href"].split("/")[:-2])
        token = self.http.get(f"{self.source}/sas/v1/token/{COLLECTION}", timeout=60).json()["token"]
        body = {"kind": "SasToken", "connectionInfo": {"containerUrl": container, "sasToken": token}}
        self.call("POST", "/inma/ingestion-sources", json=body)


def threads() -> int:
    """Do the project's calls by a thread pool: batches, shared look at the operations, search, first bytes of 5 %."""
    wire = Wire()
    items = wire.items()
    wire.register(items)
    batches = [items[at : at + BATCH] for at in range(0, len(items), BATCH)]
    path = f"/stac/collections/{COLLECTION}/items"

    def post(batch: list[dict[str, Any]]) -> str:
        body = {"type": "FeatureCollection", "features": batch}
        return str(wire.call("POST", path, json=body)["id"])

    def prove(batch: list[dict[str, Any]]) -> int:
        body = {"collections": [COLLECTION], "ids": [item["id"] for item in batch], "limit": BATCH}
        held = wire.call("POST", "/stac/search", json=body, params={"sign": "true"})["features"]
        for item in held[:5]:
            for asset in item["assets"].values():
                wire.http.get(asset["href"], headers={"Range": "bytes=0-63"}, timeout=60).raise_for_status()
        return len(held)

    with ThreadPoolExecutor(THREADS) as pool:
        wire.call("POST", "/stac/search", json={"collections": [COLLECTION], "ids": ["none"], "limit": 1})
        waiting = set(pool.map(post, batches))
        while waiting:
            time.sleep(1)
            listed = wire.call("GET", "/inma/operations", params={"collectionId": COLLECTION, "$top": 200})["value"]
            waiting -= {operation["id"] for operation in listed if operation["status"] == "Succeeded"}
        return sum(pool.map(prove, batches))


def tutorial() -> int:
    """Do as Microsoft's tutorial does: POST each Item in turn, then look at each operation until none is open."""
    wire = Wire()
    items = wire.items()
    wire.register(items)
    operations = [wire.call("POST", f"/stac/collections/{COLLECTION}/items", json=item)["id"] for item in items]
    while True:
        states = [wire.call("GET", f"/inma/operations/{operation}")["status"] for operation in operations]
        if not any(state in ("Pending", "Running") for state in states):
            return states.count("Succeeded")
        time.sleep(5)


def project() -> int:
    """Run the project's flow."""
    from flows.ingest_items import ingest_items
    from models.requests import IngestRequest

    request = IngestRequest(
        collection_id=COLLECTION, source_collection=COLLECTION, bbox=BBOX, datetime_range=RANGE, max_items=None
    )
    return ingest_items(request).proven


def main() -> None:
    """Run the contender that the command line names, and print its seconds, Items and memory."""
    contender = {"threads": threads, "tutorial": tutorial, "project": project}[sys.argv[1]]
    if sys.argv[1] == "project":
        import flows.ingest_items  # noqa: F401 - the import of Prefect is not the work that is compared
    started = time.monotonic()
    items = contender()
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"items": items, "seconds": seconds, "megabytes": peak}))


if __name__ == "__main__":
    main()
