from stac.best_item import best_item, search_geometry
from stac.shapes import shape_of


def box(west: float, south: float, east: float, north: float):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def item(name: str = "i", geometry=None, **properties):
    return {"id": name, "geometry": geometry or box(0, 0, 1, 1), "properties": properties}


def test_the_item_that_covers_the_area_comes_before_the_clearest():
    area = box(0, 0, 1, 1)
    half = item("half", box(0, 0, 0.5, 1), **{"eo:cloud_cover": 0, "datetime": "2023-01-03"})
    cloudy = item("cloudy", **{"eo:cloud_cover": 30, "datetime": "2023-01-02"})
    clear = item("clear", **{"eo:cloud_cover": 3, "datetime": "2023-01-01"})
    again = item("again", **{"eo:cloud_cover": 3, "datetime": "2023-01-04"})
    beside = item("beside", box(5, 5, 6, 6), **{"eo:cloud_cover": 0})
    assert best_item([half, cloudy, clear, again, beside], area)["id"] == "again"
    assert best_item([half, beside], area)["id"] == "half"
    assert best_item([beside], area) is None


def test_a_polygon_of_many_corners_is_searched_by_its_hull():
    ring = [[n / 1000, (n % 2) / 1000] for n in range(1000)]
    many = {"type": "Polygon", "coordinates": [[*ring, [0.5, 1], ring[0]]]}
    hull = search_geometry(many)
    assert len(hull["coordinates"][0]) < 10
    assert shape_of(hull).contains(shape_of(many).centroid)
    assert search_geometry(box(0, 0, 1, 1)) == box(0, 0, 1, 1)
