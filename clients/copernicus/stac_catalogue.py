"""The Data Space's STAC API, as another way to find products; it asks for no sign-in."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import requests
from pystac_client import ItemSearch
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from clients.http_session import TIMEOUT, retry_policy
from clients.session import ApiSession
from models.area import JsonDict
from models.copernicus import Product
from models.errors import RefusedError, SearchTruncated, TransientError
from models.redact import redact

PAGE_SIZE = 200
"""Items a page: with all bands of a Sentinel-2 product as assets, one takes some 50 kB."""
_PRODUCT_ID = re.compile(r"Products\(([0-9A-Fa-f-]{36})\)/\$value$")
_ENDINGS = {"S1": ".SAFE", "S2": ".SAFE", "S3": ".SEN3", "S5": ".nc", "S6": ".SEN6"}
"""Of product names, by mission: Items are named without."""
_ATTRIBUTES = {
    "eo:cloud_cover": "cloudCover",
    "sat:absolute_orbit": "orbitNumber",
    "sat:relative_orbit": "relativeOrbitNumber",
    "product:type": "productType",
}
_MD5_MULTIHASH = "d50110"


class StacCatalogue:
    """The STAC API below one URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._api = ApiSession("Copernicus STAC API", url)
        self._io = StacApiIO(max_retries=retry_policy(), timeout=TIMEOUT)

    def collections(self, mission: str) -> list[str]:
        """Return the ids of the Collections of a mission: those of SENTINEL-2 begin with `sentinel-2-`.

        Raises:
            TransientError, RefusedError: the API failed.
        """
        listed = self._api.get_json("/collections", limit="1000")["collections"]
        return [each["id"] for each in listed if each["id"].startswith(f"{mission.lower()}-")]

    def products(self, collection: str, **query: Any) -> Iterator[Product]:
        """Yield the products of a search, by the start of sensing.

        Args:
            collection: Collection of the OData catalogue that they belong to.
            query: as of `pystac_client.ItemSearch`.

        Raises:
            SearchTruncated: fewer came than the API says match.
            TransientError, RefusedError: it failed, or does not take the query.
        """
        search = ItemSearch(
            f"{self.url}/search", stac_io=self._io, limit=PAGE_SIZE, sortby="+properties.datetime", **query
        )
        came: set[str] = set()
        try:
            for page in search.pages_as_dicts():
                came.update(item["id"] for item in page["features"])
                matched = page.get("numberMatched")
                yield from (product_of_item(item, collection) for item in page["features"])
        except APIError as error:
            raise _translated(self.url, error) from None
        except requests.RequestException as error:
            raise TransientError(f"The search at {self.url} failed ({type(error).__name__}): run it again.") from None
        if came and matched is not None and len(came) < int(matched):
            raise SearchTruncated(
                f"{self.url} gives {len(came):,} of {matched} products that match: run again, or ask for less."
            )


def product_of_item(item: JsonDict, collection: str) -> Product:
    """Return the product that a STAC Item describes; whether it is online, Items do not say.

    Raises:
        RefusedError: it has no asset `Product` with the product's id.
    """
    asset, properties = item["assets"].get("Product") or {}, item["properties"]
    found = _PRODUCT_ID.search(asset.get("href", ""))
    if found is None:
        raise RefusedError(f"The Item {item['id']} has no asset Product: set GEOCATALOG_COPERNICUS_SEARCH=odata.")
    checksum = str(asset.get("file:checksum") or "")
    start = properties.get("start_datetime") or properties["datetime"]
    return Product(
        product_id=found[1],
        name=item["id"] + _ENDINGS.get(item["id"][:2], ""),
        collection=collection,
        size=asset.get("file:size") or None,
        md5=checksum.removeprefix(_MD5_MULTIHASH) if checksum.startswith(_MD5_MULTIHASH) else None,
        start=_instant(start),
        end=_instant(properties.get("end_datetime") or start),
        published=_instant(properties["published"]) if properties.get("published") else None,
        modified=_instant(properties["updated"]) if properties.get("updated") else None,
        footprint=item.get("geometry"),
        attributes=_attributes(properties),
    )


def _attributes(properties: JsonDict) -> dict[str, Any]:
    known = {name: properties[source] for source, name in _ATTRIBUTES.items() if properties.get(source) is not None}
    platform = str(properties.get("platform") or "")
    return known | ({"platformSerialIdentifier": platform[-1:].upper()} if platform else {})


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _translated(url: str, error: APIError) -> TransientError | RefusedError:
    status = error.status_code
    text = redact(str(error)).splitlines()[0][:300] if str(error) else ""
    if status is not None and 400 <= status < 500 and status not in (408, 429):
        return RefusedError(f"{url} refused the search ({status}: {text}): check the request.", status)
    return TransientError(f"The search at {url} failed ({text}): run it again later.")
