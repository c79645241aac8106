"""Products out of the catalogue's records."""

from datetime import UTC, datetime
from typing import Any

from models.area import JsonDict
from models.copernicus import AttributeValue, Product


def product_of(record: JsonDict, collection: str) -> Product:
    """Return the product of an OData record; the record itself does not name its Collection.

    A `ContentLength` of 0 and an empty `Checksum` mean that these are not known: older products have neither.

    Raises:
        KeyError, ValueError: it is no product's record.
    """
    checksums = {each.get("Algorithm"): each.get("Value") for each in record.get("Checksum") or []}
    return Product(
        product_id=record["Id"],
        name=record["Name"],
        collection=collection,
        size=int(record.get("ContentLength") or 0) or None,
        md5=_digits(checksums.get("MD5"), 32),
        blake3=_digits(checksums.get("BLAKE3"), 64),
        start=_instant(record["ContentDate"]["Start"]),
        end=_instant(record["ContentDate"]["End"]),
        published=_optional_instant(record.get("PublicationDate")),
        modified=_optional_instant(record.get("ModificationDate")),
        online=record.get("Online") is not False,
        footprint=record.get("GeoFootprint"),
        attributes={each["Name"]: _value(each) for each in record.get("Attributes") or [] if "Value" in each},
        s3_path=record.get("S3Path") or "",
    )


def _digits(checksum: object, length: int) -> str | None:
    text = str(checksum or "").strip().lower()
    return text if len(text) == length and all(digit in "0123456789abcdef" for digit in text) else None


def _value(attribute: JsonDict) -> AttributeValue:
    value: Any = attribute["Value"]
    return value if isinstance(value, str | bool | int | float) else str(value)


def _optional_instant(text: str | None) -> datetime | None:
    return _instant(text) if text else None


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
