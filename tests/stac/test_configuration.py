"""Render options and mosaics in the GeoCatalog's form."""

import re

from stac.configuration import is_same, slug, to_mosaics, to_render_options, unique_slugs

ALLOWED = re.compile(r"^(?!\-|_)[a-zA-Z0-9_-]*(?<!\-|_)$")
"""Pattern of ids in the service's specification."""


def test_ids_keep_the_service_rules():
    names = ["Natural color", "  (NDVI) ", "Ünï", "---", "x" * 50, "Normalized Difference Veg. Index (NDVI)"]
    for name in names:
        assert 1 <= len(slug(name)) <= 30
        assert ALLOWED.match(slug(name))


def test_ids_that_are_equal_after_cutting_are_numbered():
    first, second, third = unique_slugs([f"Normalized Difference Vegetation {n}" for n in range(3)])
    assert len({first, second, third}) == 3
    assert max(len(first), len(second), len(third)) <= 30
    assert all(ALLOWED.match(id_) for id_ in (first, second, third))


def test_a_numbered_id_does_not_take_one_that_exists():
    assert list(unique_slugs(["a", "a-2", "a"])) == ["a", "a-2", "a-3"]


def test_names_are_cut_and_members_kept():
    source = [{"name": "n" * 60, "description": "d", "options": "assets=B04", "minZoom": 9}]
    assert to_render_options(source) == [
        {
            "id": "n" * 30,
            "name": "n" * 40,
            "description": "d",
            "options": "assets=B04",
            "minZoom": 9,
            "type": "raster-tile",
        }
    ]


def test_the_most_recent_mosaic_comes_first_and_once():
    requested = [{"name": "Low cloud", "description": "", "cql": []}, {"name": "Most recent available", "cql": []}]
    assert [mosaic["id"] for mosaic in to_mosaics(requested)] == ["most-recent-available", "low-cloud"]


def test_members_that_the_service_adds_as_null_are_no_change():
    wanted = {"id": "a", "name": "A"}
    assert is_same(wanted, {"id": "a", "name": "A", "legend": None})
    assert not is_same(wanted, {"id": "a", "name": "B"})
