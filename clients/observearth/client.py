"""The calls of ObservEarth's API, with its own names: `/geometry/`, `/s2/stats/`, `/s2/search/`, `/s2/image/`."""

from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from clients.observearth.keyed_session import KeyedSession
from models.area import JsonDict
from models.errors import CredentialsError, RefusedError, SearchTruncated

PAGE_SIZE = 200
"""Geometries a page; the service's own default is 50."""
TIMEOUT = 60.0
"""Seconds for one answer: statistics of a long time are computed while one waits."""
INDICES = ("ndvi", "evi", "savi", "msavi", "clay_index", "iron_index")
"""What public clients ask for."""

Model = TypeVar("Model", bound=BaseModel)


class Geometry(BaseModel):
    """An area that the account keeps.

    Attributes:
        id: UUID.
        name: as the user gave it; not known to be unique.
        geometry: GeoJSON in WGS 84 degrees; None where the service does not send it.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    geometry: JsonDict | None = None


class MeanOfDay(BaseModel):
    """Mean of an index over a geometry on one day; None where the service has no value."""

    model_config = ConfigDict(frozen=True)

    date: date
    mean_value: float | None = None


class ObservEarth:
    """Client of one account; safe to share between threads.

    Every call raises CredentialsError if the key is refused (401), RefusedError for any other 4xx, TransientError where
    no answer came in time, for 429 and for 5xx after some retries.

    Args:
        api_url: root of the API, such as https://observearth.com/api.
        api_key: of the account.
        timeout: seconds for one answer.
    """

    def __init__(self, api_url: str, api_key: SecretStr, *, timeout: float = TIMEOUT) -> None:
        self._api = KeyedSession("ObservEarth API", api_url, header="X-API-Key", key=api_key, timeout=timeout)

    def list_geometries(self) -> list[Geometry]:
        """Return all geometries of the account, over all pages. `GET /geometry/`.

        Raises:
            CredentialsError: also for 403: no geometry is asked for that could be another's.
        """
        return [self._parsed(Geometry, entry) for entry in self._entries("/geometry/", page_size=PAGE_SIZE)]

    def create_geometry(self, name: str, geometry: JsonDict) -> Geometry:
        """Create a geometry. `POST /geometry/`; not safe to repeat: public clients found one more of the same name.

        Args:
            geometry: GeoJSON Polygon in WGS 84 degrees; other types are not known to be taken.

        Raises:
            RefusedError: the polygon is invalid or too large (400), or the name exists (400 or 409, where that counts).
        """
        created = self._post("/geometry/", {"name": name, "geometry": geometry})
        return self._parsed(Geometry, {"name": name, **created})

    def stats(self, geometry_id: str, start: date, end: date, cloud_cover: float, index: str) -> list[MeanOfDay]:
        """Return the mean of an index on each day that has imagery. `POST /s2/stats/`.

        Args:
            start: first day; `end` is the last one, inclusive.
            cloud_cover: most clouds of a scene, percent.
            index: one of INDICES.
        """
        body = {**_search_body(geometry_id, start, end, cloud_cover), "index": index}
        results = self._results(self._post("/s2/stats/", body))
        return [self._parsed(MeanOfDay, {**entry, "date": str(entry.get("date"))[:10]}) for entry in results]

    def search(self, geometry_id: str, start: date, end: date, cloud_cover: float) -> list[str]:
        """Return the ids of the Items that match, in the service's own order: not known to be by cloud cover.

        `POST /s2/search/`; the arguments are those of `stats`.

        Raises:
            SearchTruncated: the answer counts more Items than it names. How to ask for the others is not known.
        """
        found = self._post("/s2/search/", _search_body(geometry_id, start, end, cloud_cover))
        ids = [str(entry["id"]) for entry in self._results(found) if entry.get("id")]
        if len(ids) < int(found.get("count") or 0):
            raise SearchTruncated(
                f"ObservEarth names {len(ids)} of {found['count']} Items between {start} and {end}:"
                " choose shorter periods or a lower cloud cover limit."
            )
        return ids

    def image(self, geometry_id: str, item_id: str, index: str, colormap: str, image_type: str = "png") -> bytes:
        """Return a picture of an index. `GET /s2/image/{geometry_id}/`; without the last slash it redirects.

        Args:
            colormap: matplotlib's name of it, such as `RdYlGn`.
            image_type: `png` or `tif`.
        """
        params = {"item_id": item_id, "image_type": image_type, "index": index, "colormap": colormap}
        path = f"/s2/image/{quote(geometry_id, safe='')}/"
        try:
            response = self._api.request("GET", path, params=params)
        except RefusedError as error:
            raise _explained(error) from None
        if not response.headers.get("Content-Type", "").startswith("image/"):
            raise RefusedError(f"ObservEarth sends no picture of {item_id}, but something else.", response.status_code)
        return response.content

    def _post(self, path: str, body: JsonDict) -> JsonDict:
        try:
            answer = self._api.json_of(self._api.request("POST", path, json=body))
        except RefusedError as error:
            raise _explained(error) from None
        return answer if isinstance(answer, dict) else {"results": answer}

    def _entries(self, path: str, **params: Any) -> Iterator[JsonDict]:
        """Yield what is on all pages; a bare list is one page."""
        following: str | None = path
        seen: set[str] = set()
        while following and following not in seen:
            seen.add(following)
            page = self._get_page(following, **(params if following == path else {}))
            yield from self._results(page)
            following = page.get("next")

    def _get_page(self, path: str, **params: Any) -> JsonDict:
        try:
            page = self._api.get_json(path, **params)
        except RefusedError as error:
            raise _refused_key(error) if error.status == 403 else _explained(error) from None
        return page if isinstance(page, dict) else {"results": page}

    def _results(self, answer: JsonDict) -> list[JsonDict]:
        results = answer.get("results")
        if not isinstance(results, list) or not all(isinstance(entry, dict) for entry in results):
            raise RefusedError(f"{self._api.base_url} answers, but without a list of results: check the URL.")
        return results

    def _parsed(self, model: type[Model], entry: JsonDict) -> Model:
        try:
            return model.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise RefusedError(f"ObservEarth's answer cannot be read: {place}: {first['msg']}.") from None


def _search_body(geometry_id: str, start: date, end: date, cloud_cover: float) -> JsonDict:
    whole = int(cloud_cover) if float(cloud_cover).is_integer() else cloud_cover
    return {"geometry_id": geometry_id, "start_date": str(start), "end_date": str(end), "cloud_cover": whole}


def _explained(error: RefusedError) -> Exception:
    return _refused_key(error) if error.status == 401 else error


def _refused_key(error: RefusedError) -> CredentialsError:
    return CredentialsError(
        f"{str(error).rstrip('.')}. Set GEOCATALOG_OBSERVEARTH_API_KEY to the key of your ObservEarth account."
    )
