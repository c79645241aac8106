from stac.pixel_grid import crs_of, picture_grid


def box(west: float, south: float, east: float, north: float):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def item(**properties):
    return {"id": "i", "properties": properties}


def test_grids_are_in_the_items_projection_or_the_areas_zone():
    field = box(-22.44, 63.85, -22.40, 63.87)
    assert crs_of(item(**{"proj:epsg": 32627}), field) == "EPSG:32627"
    assert crs_of(item(**{"proj:code": "EPSG:32628"}), field) == "EPSG:32628"
    assert crs_of(item(), field) == "EPSG:32627"
    assert crs_of(item(), box(179, -20, 180, -19)) == "EPSG:32760"


def test_pictures_are_as_large_as_they_are_wanted():
    picture = picture_grid(box(-22.5, 63.8, -22.3, 63.9), item(), 300)
    assert max(picture.width, picture.height) == 300
