"""The `links` that the service writes into what it returns; none carries an api-version but `next`."""

from urllib.parse import quote, urlencode

from emulator.geocatalog.replies import GEOJSON, JSON, SCHEMA_JSON
from emulator.json_types import JsonDict

QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
OWN_RELS = ("items", "parent", "root", "self", "collection", QUERYABLES_REL)


def link(rel: str, href: str, media_type: str = JSON, **more: object) -> JsonDict:
    """Return one link."""
    return {"rel": rel, "type": media_type, "href": href, **more}


def collection_url(base: str, collection_id: str) -> str:
    """Return the URL of a Collection."""
    return f"{base}/stac/collections/{quote(collection_id)}"


def with_collection_links(collection: JsonDict, base: str, *, queryables: bool = True) -> JsonDict:
    """Return a Collection as GET shows it; asset calls show it without the queryables link."""
    url = collection_url(base, collection["id"])
    links = [link("items", f"{url}/items", GEOJSON), *_ancestors(base), link("self", url)]
    if queryables:
        links.append(link(QUERYABLES_REL, f"{url}/queryables", SCHEMA_JSON, title="Queryables"))
    return {**collection, "links": links + _kept(collection)}


def with_put_links(collection: JsonDict, base: str) -> JsonDict:
    """Return a Collection as PUT shows it, which the ingestion service answers in its own way."""
    url = collection_url(base, collection["id"])
    links = [
        link("self", f"{url}/"),
        link("parent", f"{base}/"),
        link("root", f"{base}/"),
        link("items", f"{url}/items"),
    ]
    return {**collection, "links": links + _kept(collection)}


def with_item_links(item: JsonDict, base: str) -> JsonDict:
    """Return an Item with the service's links before its own."""
    url = collection_url(base, item["collection"])
    own = [link("collection", url), link("parent", url), link("root", f"{base}/stac/")]
    self_link = link("self", f"{url}/items/{quote(item['id'])}", GEOJSON)
    return {**item, "links": [*own, self_link, *_kept(item)]}


def catalog_links(base: str) -> list[JsonDict]:
    """Return the links of the landing page."""
    stac = f"{base}/stac"
    return [
        link("self", f"{stac}/"),
        link("root", f"{stac}/"),
        link("data", f"{stac}/collections"),
        link("conformance", f"{stac}/conformance"),
        link("search", f"{stac}/search", GEOJSON, method="GET", title="STAC search"),
        link("search", f"{stac}/search", GEOJSON, method="POST", title="STAC search"),
        link(QUERYABLES_REL, f"{stac}/queryables", SCHEMA_JSON, title="Queryables"),
    ]


def next_get_link(url: str, params: list[tuple[str, str]], token: str) -> JsonDict:
    """Return the link to the next page of a GET; it repeats the parameters, api-version included."""
    kept = [(name, value) for name, value in params if name != "token"]
    query = urlencode([*kept, ("token", token)], safe=":,/")
    return link("next", f"{url}?{query}", GEOJSON, method="GET")


def next_post_link(url: str, body: JsonDict, token: str) -> JsonDict:
    """Return the link to the next page of a POST; its body is the whole next search."""
    return link("next", url, GEOJSON, method="POST", body={**body, "token": token})


def _ancestors(base: str) -> list[JsonDict]:
    return [link("parent", f"{base}/stac/"), link("root", f"{base}/stac/")]


def _kept(document: JsonDict) -> list[JsonDict]:
    return [entry for entry in document.get("links") or [] if entry.get("rel") not in OWN_RELS]
