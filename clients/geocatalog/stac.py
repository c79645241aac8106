"""`/stac`: Collections, Items, search."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from clients.geocatalog.operation import Operation
from clients.session import ApiSession
from models.area import JsonDict
from models.errors import NotFoundError

MAX_BARE_IDS = 1000
"""Ids in one search that returns only ids: as many as a page may have; some 60 kB of request."""
MAX_IDS = 200
"""Ids in one search: well below any limit on the size of a request (ids have less than 150 characters)."""


SEARCHES = 4
"""Searches for bare ids at once."""


def _path(*parts: str) -> str:
    return "/stac/collections" + "".join(f"/{quote(part, safe='')}" for part in parts)


class StacClient:
    """Collections, their assets, Items and search."""

    def __init__(self, api: ApiSession) -> None:
        self._api = api

    def get_landing_page(self) -> JsonDict:
        """Return the catalog's landing page; its `type` is `Catalog`."""
        page: JsonDict = self._api.get_json("/stac")
        return page

    def get_collection(self, collection_id: str) -> JsonDict | None:
        """Return a Collection, or None: one that is being created is not there yet."""
        try:
            collection: JsonDict = self._api.get_json(_path(collection_id))
        except NotFoundError:
            return None
        return collection

    def begin_create_collection(self, collection: JsonDict) -> Operation:
        """Start to create a Collection, 202.

        Raises:
            ConflictError: there is one of this id, or there was until less than 45 s ago.
        """
        return self._operation("POST", _path(), json=collection)

    def replace_collection(self, collection: JsonDict) -> JsonDict:
        """Replace a Collection at once, 200. Its `assets` must be those that it has."""
        response = self._api.request("PUT", _path(collection["id"]), json=collection)
        replaced: JsonDict = self._api.json_of(response)
        return replaced

    def begin_delete_collection(self, collection_id: str) -> Operation:
        """Start to delete a Collection with its Items, 202."""
        return self._operation("DELETE", _path(collection_id))

    def create_collection_asset(self, collection_id: str, data: JsonDict, name: str, content: bytes) -> None:
        """Add a file as an asset of the Collection, 201 (multipart).

        Args:
            data: `key`, `type`, `roles`, `title` of the asset; its `href` is ignored but required.
            name: file name.
        """
        self._asset("POST", _path(collection_id, "assets"), data, name, content)

    def replace_collection_asset(self, collection_id: str, data: JsonDict, name: str, content: bytes) -> None:
        """Replace the asset of the same key, 200 (multipart)."""
        self._asset("PUT", _path(collection_id, "assets", data["key"]), data, name, content)

    def get_collection_thumbnail(self, collection_id: str) -> bytes | None:
        """Return the bytes of the Collection's thumbnail, or None."""
        try:
            return self._api.request("GET", _path(collection_id, "thumbnail")).content
        except NotFoundError:
            return None

    def begin_create_items(self, collection_id: str, items: list[JsonDict]) -> Operation:
        """Start to ingest new Items, 202: one as a Feature, several as a FeatureCollection.

        An Item that exists already is not refused here: its operation fails.
        """
        body = items[0] if len(items) == 1 else {"type": "FeatureCollection", "features": items}
        return self._operation("POST", _path(collection_id, "items"), json=body)

    def begin_create_or_replace_item(self, collection_id: str, item: JsonDict) -> Operation:
        """Start to replace an Item, 202. Its hrefs must be the source's: managed ones cannot be sent back."""
        return self._operation("PUT", _path(collection_id, "items", item["id"]), json=item)

    def begin_delete_item(self, collection_id: str, item_id: str) -> Operation:
        """Start to delete an Item, 202."""
        return self._operation("DELETE", _path(collection_id, "items", item_id))

    def search(self, body: JsonDict, *, sign: bool = False) -> Iterator[JsonDict]:
        """Yield all the Items that match, over all pages of `POST /stac/search`.

        Args:
            body: as the STAC API specifies it.
            sign: whether asset hrefs carry a SAS token.
        """
        params: dict[str, Any] = {"sign": "true"} if sign else {}
        following: JsonDict | None = body
        while following is not None:
            page = self._api.json_of(self._api.request("POST", "/stac/search", json=following, params=params))
            yield from page["features"]
            following = _next_body(following, page)

    def get_items(self, collection_id: str, item_ids: list[str], *, sign: bool = False) -> Iterator[JsonDict]:
        """Yield those of the Items that the Collection has, in no special order."""
        for start in range(0, len(item_ids), MAX_IDS):
            ids = item_ids[start : start + MAX_IDS]
            yield from self.search({"collections": [collection_id], "ids": ids, "limit": len(ids)}, sign=sign)

    def existing_ids(self, collection_id: str, item_ids: list[str]) -> set[str]:
        """Return which of the Items the Collection has; only ids are transferred."""

        def held(ids: list[str]) -> set[str]:
            body = {"collections": [collection_id], "ids": ids, "limit": len(ids), "fields": {"include": ["id"]}}
            return {item["id"] for item in self.search(body)}

        parts = [item_ids[start : start + MAX_BARE_IDS] for start in range(0, len(item_ids), MAX_BARE_IDS)]
        with ThreadPoolExecutor(SEARCHES) as pool:
            return set().union(*pool.map(held, parts))

    def all_ids(self, collection_id: str) -> list[str]:
        """Return the ids of all Items of a Collection."""
        body = {"collections": [collection_id], "limit": 1000, "fields": {"include": ["id"]}}
        return [item["id"] for item in self.search(body)]

    def _operation(self, method: str, path: str, **options: Any) -> Operation:
        return Operation.parse(self._api.json_of(self._api.request(method, path, **options)))

    def _asset(self, method: str, path: str, data: JsonDict, name: str, content: bytes) -> None:
        form = {"data": (None, json.dumps({"href": "", **data})), "file": (name, content)}
        self._api.request(method, path, files=form)


def _next_body(body: JsonDict, page: JsonDict) -> JsonDict | None:
    """Return the body of the next page's request, or None: pgstac sends a `body` to merge, or a token in the href."""
    link = next((link for link in page.get("links") or [] if link.get("rel") == "next"), None)
    if link is None or not page["features"]:
        return None
    return (
        {**body, **link["body"]} if link.get("merge") else link.get("body") or {**body, "token": _token(link["href"])}
    )


def _token(href: str) -> str:
    return parse_qs(urlsplit(href).query)["token"][0]
