"""Statistics, search and pictures, from the scenes of the Planetary Computer."""

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from rio_tiler.models import ImageData

from emulator.json_types import JsonDict
from emulator.search import InvalidSearch, SearchRequest, parse_interval
from emulator.state import EmulatorState, State
from emulator.tiler.answers import reader_of
from emulator.tiler.drawing import draw
from emulator.tiler.measures import cut_out, feature_window, statistics
from emulator.tiler.options import RenderOptions, parse_options
from emulator.tiler.windows import Window
from emulator.upstreams.observearth.geometries import PREFIX, find_geometry
from emulator.upstreams.observearth.indices import expression_of
from emulator.upstreams.observearth.refusals import Body, ObservEarthRoute, Refused, admit, reply

COLLECTION = "sentinel-2-l2a"
_MAX_SIZE = 2048
_MAX_ITEMS = 1000
router = APIRouter(
    prefix=f"{PREFIX}/s2", tags=["ObservEarth"], route_class=ObservEarthRoute, dependencies=[Depends(admit)]
)


@router.post("/search/")
def search_items(body: Body, state: State) -> Response:
    """Answer with the Items of a geometry and a time, oldest first: not the clearest first."""
    items = _matching(state, body, find_geometry(state, body.get("geometry_id")))
    named = items[: state.config.observearth.search_cap]
    return reply({"count": len(items), "results": [{"id": item["id"]} for item in named]})


@router.post("/stats/")
def get_statistics(body: Body, state: State) -> Response:
    """Answer with the mean of an index on each day; null where no pixel has data."""
    feature = find_geometry(state, body.get("geometry_id"))
    items = _matching(state, body, feature)
    return reply({"results": [_day(state, item, feature, body.get("index")) for item in items]})


@router.get("/image/{geometry_id}")
def redirect_to_slash(geometry_id: str, request: Request) -> Response:
    """Redirect as Django does; the query goes along."""
    return RedirectResponse(f"{request.url.path}/?{request.url.query}", 301)


@router.get("/image/{geometry_id}/")
def get_image(
    geometry_id: str,
    state: State,
    item_id: str,
    index: str,
    image_type: Annotated[str, Query()] = "png",
    colormap: str = "RdYlGn",
) -> Response:
    """Answer with a picture of an index (png), or with its values (tif)."""
    feature = find_geometry(state, geometry_id)
    item = state.upstream.get_item(COLLECTION, item_id)
    if item is None:
        raise Refused(404, "Not found.")
    if image_type not in ("png", "tif"):
        raise Refused(400, {"image_type": [f'"{image_type}" is not a valid choice.']})
    image = _index_image(state, item, feature, index)
    cut_out(image, feature)
    options = parse_options([("rescale", "-1,1"), ("colormap_name", colormap.lower())])
    picture = draw(image, options if image_type == "png" else RenderOptions(), image_type)
    return Response(picture.data, media_type=picture.media_type)


def _matching(state: EmulatorState, body: JsonDict, feature: JsonDict) -> list[JsonDict]:
    """Items under the cloud cover limit, oldest first; both days count in full."""
    try:
        times = parse_interval(f"{body.get('start_date')}/{body.get('end_date')}")
        limit = float(body.get("cloud_cover", 100))
    except (InvalidSearch, TypeError, ValueError) as error:
        raise Refused(400, str(error)) from None
    request = SearchRequest(
        collections=(COLLECTION,), intersects=feature["geometry"], datetime_ms=times, limit=_MAX_ITEMS
    )
    items = state.upstream.search(request).items
    clear = [item for item in items if item["properties"].get("eo:cloud_cover", 0) <= limit]
    return sorted(clear, key=lambda item: str(item["properties"]["datetime"]))


def _day(state: EmulatorState, item: JsonDict, feature: JsonDict, index: object) -> JsonDict:
    day = str(item["properties"]["datetime"])[:10]
    if day in state.config.observearth.null_dates:
        return {"date": day, "mean_value": None}
    (band,) = statistics(_index_image(state, item, feature, index), {}, feature).values()
    return {"date": day, "mean_value": None if math.isnan(band["mean"]) else band["mean"]}


def _index_image(state: EmulatorState, item: JsonDict, feature: JsonDict, index: object) -> ImageData:
    options = RenderOptions(expression=expression_of(index, item), nodata=0)
    crs = f"EPSG:{item['properties']['proj:epsg']}"
    window = feature_window(feature, Window(target_crs=crs, max_size=_MAX_SIZE))
    return reader_of(state, item).read(window, options)
