import pytest

from models.errors import InvalidRequest
from stac.shapes import require_valid


def test_an_invalid_polygon_is_refused_with_its_place():
    with pytest.raises(InvalidRequest, match=r"'bow' is not valid: Self-intersection at longitude, latitude 0.5 0.5"):
        require_valid("bow", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]})
    with pytest.raises(InvalidRequest):
        require_valid("line", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0], [0, 0]]]})
