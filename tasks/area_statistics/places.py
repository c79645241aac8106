"""Where the results of a request are written, and in which ledger."""

from pathlib import Path

from ledger.ledger import Ledger
from models.area_pairs import digest
from models.area_statistics_request import AreaStatisticsRequest
from models.spectral_index import INDICES
from settings import get_ledger_settings
from stac.configuration import slug
from tasks.ledger import ledger, observearth_ledger


def folder_of(request: AreaStatisticsRequest) -> Path:
    """Return the folder of the results; nothing is made."""
    index = request.spectral_index
    name = slug(index.name) if index.name in INDICES else f"{slug(index.name)}-{digest(index.expression)[:6]}"
    return get_ledger_settings().output_dir / "area-statistics" / (request.folder or f"{name}-{request.provider}")


def ledger_of(provider: str) -> Ledger:
    """Return the ledger of a provider's results: who uses only ObservEarth has no GeoCatalog."""
    return observearth_ledger() if provider == "observearth" else ledger()
