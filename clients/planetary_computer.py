"""The public Planetary Computer: Collections, SAS tokens, mosaic information, and search by pystac-client."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests
from pydantic import BaseModel, Field, SecretStr
from pystac_client import Client
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from clients.redact import redact
from clients.session import ApiSession, retry_policy
from models.area import JsonDict
from models.errors import NotFoundError, RefusedError, TransientError

PAGE_SIZE = 250
"""Items a page: 17 kB each at most for Sentinel-2, so about 4 MB."""


class SasToken(BaseModel):
    """A SAS token of one container and when it runs out, UTC."""

    expiry: datetime = Field(alias="msft:expiry")
    token: SecretStr


class PlanetaryComputer:
    """Client of the public Planetary Computer, or of a server with the same API.

    Args:
        api_url: root of its APIs, such as https://planetarycomputer.microsoft.com/api.
    """

    def __init__(self, api_url: str) -> None:
        self._api = ApiSession("Planetary Computer", api_url)

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

    def search(self, **query: Any) -> Iterator[list[JsonDict]]:
        """Yield the pages of Items that match, in the order of the source.

        Args:
            query: as of `pystac_client.Client.search`; `limit` is set here.

        Raises:
            TransientError: the source failed after retries.
            RefusedError: the source does not accept the query.
        """
        io = StacApiIO(max_retries=retry_policy(), timeout=(10.0, 120.0))
        try:
            catalog = Client.open(f"{self._api.base_url}/stac/v1", stac_io=io)
            for page in catalog.search(limit=PAGE_SIZE, **query).pages_as_dicts():
                yield page["features"]
        except (APIError, requests.RequestException) as error:
            raise _search_error(self._api.base_url, error) from None

    def _token(self, path: str) -> SasToken:
        return SasToken.model_validate(self._api.get_json(f"/sas/v1/token/{path}"))


def _search_error(url: str, error: Exception) -> TransientError | RefusedError:
    status = getattr(error, "status_code", None)
    text = redact(str(error)).splitlines()[0][:300] if str(error) else type(error).__name__
    if isinstance(error, APIError) and status is not None and 400 <= status < 500 and status not in (408, 429):
        return RefusedError(f"The source {url} refused the search ({status}: {text}): check the request.", status)
    return TransientError(f"The search at {url} failed ({text}): run it again later.")
