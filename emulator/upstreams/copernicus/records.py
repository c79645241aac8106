"""What the catalogue has, and says of a product: the truth, unless a mishap made it say something else."""

from emulator.json_types import JsonDict
from emulator.state import EmulatorState
from emulator.upstreams.copernicus.mishap_kinds import Kind
from emulator.upstreams.copernicus.products import Product, wire_time


def record_of(product: Product, state: EmulatorState) -> JsonDict:
    """Return the record without what is expanded."""
    record, kinds = product.record(), kinds_of(product, state)
    if "offline" in kinds:
        record["Online"] = False
    if "wrong-checksum" in kinds:
        record["Checksum"] = [{**entry, "Value": entry["Value"][::-1]} for entry in record["Checksum"]]
    if "unknown-checksum" in kinds:
        record |= {"ContentLength": 0, "Checksum": []}
    return record


def kinds_of(product: Product, state: EmulatorState) -> list[Kind]:
    """Return every kind of mishap that strikes the product."""
    return state.copernicus.mishaps.kinds(product, state.config.copernicus.mishaps, state.config.seed)


def listed_products(state: EmulatorState) -> list[Product]:
    """Return the products that the catalogue has."""
    return [product for product in _all(state) if not _is_deleted(product, state)] if _any(state) else _all(state)


def deleted_products(state: EmulatorState) -> list[Product]:
    """Return the products that were deleted."""
    return [product for product in _all(state) if _is_deleted(product, state)] if _any(state) else []


def find_listed(product_id: str, state: EmulatorState) -> Product | None:
    """Return one product, unless it was deleted or never was there."""
    product = state.copernicus.library.find(product_id, state.config.copernicus.catalogue)
    return None if product is None or _is_deleted(product, state) else product


def deleted_record(product: Product) -> JsonDict:
    """Return what the list of deleted products says."""
    record = product.record()
    kept = ("@odata.mediaContentType", "Id", "Name", "ContentType", "ContentLength", "OriginDate", "Checksum")
    when = {"DeletionDate": wire_time(product.fields["DeletionDate"]), "DeletionCause": "Obsolete product"}
    places = {name: record[name] for name in ("ContentDate", "Footprint", "GeoFootprint")}
    return {**{name: record[name] for name in kept}, **when, **places}


def _all(state: EmulatorState) -> list[Product]:
    return state.copernicus.library.products(state.config.copernicus.catalogue)


def _any(state: EmulatorState) -> bool:
    return state.copernicus.mishaps.may_strike("deleted", state.config.copernicus.mishaps)


def _is_deleted(product: Product, state: EmulatorState) -> bool:
    return "deleted" in kinds_of(product, state)
