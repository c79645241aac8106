"""Puts STAC catalogs where the emulated GeoCatalog can read them."""

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet
import requests
from stac_geoparquet.arrow import parse_stac_items_to_arrow, to_parquet

from tests.emulator.catalog import Catalog

STAGE = "staging/catalogs"


class Stage:
    """A container for which the GeoCatalog has an ingestion source."""

    def __init__(self, catalog: Catalog, *, with_source: bool = True) -> None:
        self.catalog = catalog
        self.url = f"{catalog.url}/planetary-computer/blob/{STAGE}"
        self.sas = self.token("rwcl")
        if with_source:
            connection = {"containerUrl": self.url, "sasToken": self.token("rl")}
            body = {"kind": "SasToken", "connectionInfo": connection}
            catalog.call("POST", "/inma/ingestion-sources", 201, json=body)

    def token(self, permissions: str, minutes: float = 60) -> str:
        params: dict[str, Any] = {"container": STAGE, "permissions": permissions, "minutes": minutes}
        return requests.get(f"{self.catalog.url}/_emulator/sas", params=params, timeout=60).json()["token"]

    def put(self, path: str, content: Any) -> str:
        """Stage bytes or JSON; return the blob's URL."""
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"x-ms-blob-type": "BlockBlob"}
        response = requests.put(f"{self.url}/{path}?{self.sas}", data=data, headers=headers, timeout=60)
        assert response.status_code == 201, response.text
        return f"{self.url}/{path}"

    def put_catalog(self, items: list[Any], folder: str = "cat") -> str:
        """Stage a catalog with one child per ten Items; return the URL of its catalog.json."""
        children = []
        for start in range(0, len(items), 10):
            names = [f"{number:05d}.json" for number in range(start, min(start + 10, len(items)))]
            for name, item in zip(names, items[start : start + 10], strict=True):
                self.put(f"{folder}/part-{start}/items/{name}", item)
            links = [{"rel": "item", "href": f"./items/{name}"} for name in names]
            links += [{"rel": "root", "href": "../catalog.json"}, {"rel": "parent", "href": "../catalog.json"}]
            self.put(f"{folder}/part-{start}/catalog.json", stac_catalog(f"part-{start}", links))
            children.append({"rel": "child", "href": f"./part-{start}/catalog.json"})
        return self.put(f"{folder}/catalog.json", stac_catalog("root", children))

    def put_geoparquet(self, items: list[dict[str, Any]], path: str = "items.parquet") -> str:
        """Stage Items as stac-geoparquet; return the URL."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "items.parquet")
            to_parquet(parse_stac_items_to_arrow(items), file)
            return self.put(path, file.read_bytes())


def stac_catalog(name: str, links: list[dict[str, str]]) -> dict[str, Any]:
    return {"type": "Catalog", "id": name, "stac_version": "1.0.0", "description": name, "links": links}


def plain_parquet() -> bytes:
    """A parquet file that has nothing to do with STAC."""
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), file)
    return file.getvalue()
