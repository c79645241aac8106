"""Colours of an index: the same in all pictures, animations and color bars of a run."""

from models.area_statistics_request import AreaStatisticsRequest
from tasks.area_statistics.picture_store import Colors

_USUAL = {
    "ndvi": Colors("RdYlGn", -0.2, 0.9),
    "evi": Colors("RdYlGn", -0.2, 0.9),
    "savi": Colors("RdYlGn", -0.2, 0.8),
    "msavi": Colors("RdYlGn", -0.2, 0.8),
    "ndwi": Colors("RdBu", -0.8, 0.8),
}
"""Color map and range: from water and snow below zero to dense vegetation; for ndwi from dry land to open water."""
_OTHER = Colors("viridis", -1.0, 1.0)
OWN_SCALE = ("observearth",)
"""Providers that colour pictures by a scale of their own, which nobody knows: their color bar has no numbers."""


def colors_of(request: AreaStatisticsRequest) -> Colors:
    """Return the colours that a request asks for, or those that are usual for its index."""
    usual = _USUAL.get(request.spectral_index.name, _OTHER)
    colormap = usual.colormap if request.colormap == "auto" else request.colormap
    return Colors(colormap, *(request.color_range or (usual.low, usual.high)))
