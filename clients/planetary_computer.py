"""The public Planetary Computer: Collections, SAS tokens, mosaic information, and search by pystac-client."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from json import JSONDecodeError
from typing import Any
from urllib.parse import quote

import requests
from pydantic import BaseModel, Field, SecretStr, ValidationError
from pystac import Link
from pystac_client import ItemSearch
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from clients.http_session import TIMEOUT, retry_policy
from clients.session import ApiSession
from models.area import JsonDict
from models.errors import NotFoundError, RefusedError, TransientError
from models.redact import redact

PAGE_SIZE = 500
"""Items a page: 17 kB each at most for Sentinel-2, so about 8 MB."""


class SasToken(BaseModel):
    """A SAS token of one container and when it runs out, UTC."""

    expiry: datetime = Field(alias="msft:expiry")
    token: SecretStr


@dataclass(frozen=True)
class SearchPage:
    """One page of a search.

    Attributes:
        features: its Items.
        number_matched: how many Items match in all; None where the source does not say.
        had_next: whether it links to a next page.
    """

    features: list[JsonDict]
    number_matched: int | None
    had_next: bool


class PlanetaryComputer:
    """Client of the public Planetary Computer, or of a server with the same API.

    Args:
        api_url: root of its APIs, such as https://planetarycomputer.microsoft.com/api.
    """

    def __init__(self, api_url: str) -> None:
        self._api = ApiSession("Planetary Computer", api_url)
        self._stac = StacApiIO(max_retries=retry_policy(), timeout=TIMEOUT)

    def get_collection(self, collection_id: str) -> JsonDict:
        """Return a STAC Collection. `GET /stac/v1/collections/{id}`.

        Raises:
            NotFoundError: there is none of that id.
        """
        try:
            collection: JsonDict = self._api.get_json(f"/stac/v1/collections/{quote(collection_id, safe='')}")
        except NotFoundError:
            raise NotFoundError(
                f"The source {self._api.base_url} has no Collection {collection_id!r}: check source_collection.", 404
            ) from None
        return collection

    def get_mosaic_info(self, collection_id: str) -> JsonDict:
        """Return `renderOptions`, `mosaics` and more; `{}` where the source has none for the Collection."""
        try:
            info: JsonDict = self._api.get_json("/data/v1/mosaic/info", collection=collection_id)
        except NotFoundError:
            return {}
        return info

    def get_token(self, collection_id: str) -> SasToken:
        """Return a read token for the container of a Collection. `GET /sas/v1/token/{collection}`."""
        return self._token(quote(collection_id, safe=""))

    def get_container_token(self, account: str, container: str) -> SasToken:
        """Return a read token for one container. `GET /sas/v1/token/{account}/{container}`."""
        return self._token(f"{quote(account, safe='')}/{quote(container, safe='')}")

    def download(self, href: str) -> bytes:
        """Return the bytes of a public file, such as a Collection's thumbnail."""
        return self._api.request("GET", href, allow_redirects=True).content

    def search_pages(self, page_size: int = PAGE_SIZE, **query: Any) -> Iterator[SearchPage]:
        """Yield the pages of a search in the order of the source, as far as they link to each other.

        Unlike pystac-client's own paging, an empty page does not end it if it links to a next one.

        Args:
            page_size: Items a page; the source may send fewer.
            query: as of `pystac_client.ItemSearch`.

        Raises:
            TransientError: the source failed after retries, or sent a page that cannot be read.
            RefusedError: the source does not accept the query.
        """
        search = ItemSearch(f"{self._api.base_url}/stac/v1/search", stac_io=self._stac, limit=page_size, **query)
        with ThreadPoolExecutor(1) as ahead:  # the next page is on its way while one is dealt with
            coming: Future[JsonDict] | None = ahead.submit(self._read_page, search, None)
            while coming is not None:
                page = coming.result()
                link = _next_link(page)
                coming = ahead.submit(self._read_page, search, link) if link else None
                yield SearchPage(page["features"], _number_matched(page), had_next=link is not None)

    def _read_page(self, search: ItemSearch, link: Link | None) -> JsonDict:
        parameters = search.get_parameters()
        try:
            if link is None:
                page: JsonDict = self._stac.read_json(search.url, method=search.method, parameters=parameters)
            else:
                page = self._stac.read_json(link, parameters=parameters)
        except (APIError, requests.RequestException, JSONDecodeError) as error:
            raise _search_error(self._api.base_url, error) from None
        if not isinstance(page.get("features"), list):
            raise RefusedError(
                f"{self._api.base_url} answers a search, but not with Items: check GEOCATALOG_SOURCE_URL."
            )
        return page

    def _token(self, path: str) -> SasToken:
        try:
            return SasToken.model_validate(self._api.get_json(f"/sas/v1/token/{path}"))
        except ValidationError:  # its text would hold the token
            raise RefusedError(
                f"{self._api.base_url}/sas/v1/token/{path} answers, but not with a token and its expiry."
            ) from None


def _next_link(page: JsonDict) -> Link | None:
    found = next((link for link in page.get("links") or [] if link.get("rel") == "next"), None)
    return Link.from_dict(found) if found else None


def _number_matched(page: JsonDict) -> int | None:
    """Return OGC's `numberMatched`, or `matched` of the older context extension."""
    context = page.get("context") or {}
    number = page.get("numberMatched", context.get("matched"))
    return int(number) if number is not None else None


def _search_error(url: str, error: Exception) -> TransientError | RefusedError:
    status = getattr(error, "status_code", None)
    text = redact(str(error)).splitlines()[0][:300] if str(error) else type(error).__name__
    if isinstance(error, APIError) and status is not None and 400 <= status < 500 and status not in (408, 429):
        return RefusedError(f"The source {url} refused the search ({status}: {text}): check the request.", status)
    return TransientError(f"The search at {url} failed ({text}): run it again later.")
