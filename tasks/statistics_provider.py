"""Who measures areas, by the name that a request gives."""

from typing import Literal

from models.area_statistics import Provider
from tasks.connect import geocatalog, observearth
from tasks.geocatalog_statistics import GeoCatalogStatistics
from tasks.observearth_statistics import ObservEarthStatistics

ProviderName = Literal["geocatalog", "observearth"]


def open_provider(name: ProviderName, collection_id: str) -> Provider:
    """Return the provider; nothing is asked of it yet.

    Args:
        collection_id: of the GeoCatalog; for `geocatalog` only.

    Raises:
        SettingsMissing: what it needs is not set.
    """
    if name == "geocatalog":
        return GeoCatalogStatistics(geocatalog(), collection_id)
    return ObservEarthStatistics(observearth())
