"""What is staged says of each Item what it says itself."""

import json

from stac.compare import differences
from stac.static_catalog import item_path, static_catalog
from tasks.bulk_files import write_geoparquet
from tests.many_items import many_items


def test_geoparquet_keeps_items_that_differ_in_their_columns(tmp_path):
    import pyarrow.parquet
    from stac_geoparquet.arrow import stac_table_to_items

    items = list(many_items(1200, "c"))  # more than two chunks
    items[700]["properties"]["only:here"] = [1.5, 2]
    items[1100]["assets"]["extra"] = {"href": "https://h/x.json", "title": "X"}
    del items[3]["properties"]["eo:cloud_cover"]
    write_geoparquet(iter(items), tmp_path / "items.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["items.parquet"]
    held = stac_table_to_items(pyarrow.parquet.read_table(tmp_path / "items.parquet"))
    for sent, back in zip(items, json.loads(json.dumps(list(held), default=str)), strict=True):
        back["assets"] = {key: asset for key, asset in back["assets"].items() if asset}
        assert differences(sent, back) == []


def test_a_static_catalog_links_to_each_item_relatively():
    catalog = static_catalog("part", ["a", "b"])
    assert [link["href"] for link in catalog["links"] if link["rel"] == "item"] == ["./items/a.json", "./items/b.json"]
    assert item_path("a") == "items/a.json"
