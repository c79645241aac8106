"""The spectral indices that ObservEarth computes, over the bands of Sentinel-2."""

import re

from emulator.json_types import JsonDict
from emulator.upstreams.observearth.refusals import Refused

# Names as public clients list them; the service publishes no formulas, so these are the usual ones.
INDICES = {
    "ndvi": "(B08-B04)/(B08+B04)",
    "evi": "2.5*(B08-B04)/(B08+6*B04-7.5*B02+1)",
    "savi": "1.5*(B08-B04)/(B08+B04+0.5)",
    "msavi": "(2*B08+1-sqrt((2*B08+1)**2-8*(B08-B04)))/2",
    "clay_index": "B11/B12",
    "iron_index": "B04/B02",
}
_FIRST_WITH_OFFSET = (4, 0)


def expression_of(index: object, item: JsonDict) -> str:
    """Return band math over an Item's digital numbers, turned into reflectances.

    Raises:
        Refused: 400, the index is not known.
    """
    if index not in INDICES:
        raise Refused(400, {"index": [f'"{index}" is not a valid choice.']})
    baseline = str(item["properties"].get("s2:processing_baseline", "00.00"))
    major, _, minor = baseline.partition(".")
    offset = 1000 if (int(major), int(minor or 0)) >= _FIRST_WITH_OFFSET else 0
    return re.sub(r"B\d[\dA]", lambda band: f"(({band[0]}-{offset})/10000)", INDICES[str(index)])
