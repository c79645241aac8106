"""Collections on their way from a source catalog into the GeoCatalog."""

from models.area import JsonDict

_SOURCE_MEMBERS = ("assets", "msft:storage_account", "msft:container", "msft:region")
"""Left out: assets have an API of their own (a POST with them is refused), the others describe the source's storage."""
_COMPARED = ("title", "description", "license", "keywords", "providers", "extent", "summaries", "item_assets")
_OWN_LINKS = ("self", "root", "parent", "items", "collection")


def to_geocatalog_collection(source: JsonDict, collection_id: str, title: str | None) -> JsonDict:
    """Return the Collection to create, with the id and the title chosen."""
    kept = {name: value for name, value in source.items() if name not in _SOURCE_MEMBERS}
    links = [link for link in source.get("links") or [] if link.get("rel") not in _OWN_LINKS]
    return {**kept, "id": collection_id, "title": title or collection_id, "links": links}


def thumbnail_of(source: JsonDict) -> JsonDict | None:
    """Return the thumbnail asset of a Collection, or None."""
    thumbnail = (source.get("assets") or {}).get("thumbnail")
    return thumbnail if thumbnail and str(thumbnail.get("href", "")).startswith("http") else None


def changed_members(wanted: JsonDict, held: JsonDict) -> list[str]:
    """Return the names of members that a replacement would change; the service adds others of its own."""
    return [name for name in _COMPARED if name in wanted and wanted[name] != held.get(name)]


def replacement(wanted: JsonDict, held: JsonDict) -> JsonDict:
    """Return the body that replaces a Collection: it must repeat the assets that the Collection has."""
    return {**wanted, "assets": held["assets"]} if "assets" in held else wanted
