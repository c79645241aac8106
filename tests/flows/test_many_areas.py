"""An ingest of several areas, from a source that cuts its searches off."""

import json

from flows.ingest_items import ingest_items
from models.requests import TUTORIAL_BBOX, IngestRequest

AREAS = ["iceland-svartsengi", "iceland-reykjanes"]


def test_an_item_in_two_areas_is_sent_once_though_the_search_is_capped(emulator, collection, prefect_server):
    emulator.configure(upstream={"search_cap": 2})
    report = ingest_items(IngestRequest(collection_id=collection, areas=AREAS))
    assert report.proven == 6
    assert list(emulator.submitted().values()) == [1] * 6


def test_a_file_of_two_features(emulator, collection, prefect_server, tmp_path):
    west, south, east, north = TUTORIAL_BBOX
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path = tmp_path / "two.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature, feature]}))
    report = ingest_items(IngestRequest(collection_id=collection, geojson_file=str(path)))
    assert report.proven == 6
    assert list(emulator.submitted().values()) == [1] * 6
