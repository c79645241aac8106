"""Polygons are cut at the antimeridian only where that has one meaning; shapely is the judge."""

import math
import random

import pytest
import shapely

from models.antimeridian import cut_at_antimeridian


def polygon(*rings):
    return {"type": "Polygon", "coordinates": [list(ring) for ring in rings]}


def box(west, east, south=-20, north=-10):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def star(chance: random.Random) -> dict:
    """A polygon of any shape about the antimeridian, with some of its corners on it."""
    meridian = chance.choice([180, -180])
    centre = meridian + chance.uniform(-8, 8)
    angles = sorted(chance.uniform(0, 2 * math.pi) for _ in range(chance.randint(3, 9)))
    ring = [[centre + chance.uniform(2, 10) * math.cos(a), chance.uniform(2, 10) * math.sin(a)] for a in angles]
    if chance.random() < 0.3:
        ring[0][0] = meridian
    return polygon([*ring, ring[0]])


def test_what_is_cut_has_the_same_surface():
    chance, cut = random.Random(3), 0
    for _ in range(1000):
        whole = star(chance)
        if not shapely.geometry.shape(whole).is_valid:
            continue
        try:
            parts = shapely.geometry.shape(cut_at_antimeridian(whole))
        except ValueError:
            continue
        cut += 1
        assert parts.is_valid, whole
        assert parts.area == pytest.approx(shapely.geometry.shape(whole).area)
        assert parts.bounds[0] >= -180
        assert parts.bounds[2] <= 180
    assert cut > 500


def test_what_does_not_cross_is_left_as_it_is():
    for whole in (polygon(box(-180, 180)), polygon(box(170, 180)), polygon(box(1, 2), box(1.2, 1.4))):
        assert cut_at_antimeridian(whole) is whole


def test_what_lies_beyond_is_brought_back():
    assert cut_at_antimeridian(polygon(box(190, 200))) == polygon(box(-170, -160))
    assert cut_at_antimeridian(polygon(box(-200, -190))) == polygon(box(160, 170))


def test_holes_go_to_their_side():
    whole = polygon(box(170, 190), box(172, 174, -16, -14), box(186, 188, -16, -14))
    east, west = cut_at_antimeridian(whole)["coordinates"]
    assert (len(east), len(west)) == (2, 2)
    assert west[1] == box(-174, -172, -16, -14)


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        (polygon(box(170, 190), box(178, 182, -16, -14)), "hole"),
        (polygon([[170, 0], [190, 1], [170, 2], [190, 3], [170, 4], [170, 0]]), "more than twice"),
        (polygon([[170, 0], [190, 1], [180, 2], [185, 4], [170, 4], [170, 0]]), "more than twice"),
        (polygon(box(-200, 200)), "once round the world"),
        (polygon(box(170, -170)), "MultiPolygon"),
    ],
)
def test_what_has_no_one_meaning_is_refused(whole, said):
    with pytest.raises(ValueError, match=said):
        cut_at_antimeridian(whole)
