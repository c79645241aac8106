"""The fingerprint changes with what an Item is, and with nothing else."""

import copy
import gzip
import json

import pytest

from stac.fingerprint import fingerprint
from tests.many_items import many_items

ITEM = next(many_items(1, "c"))


def changed(**changes):
    return {**copy.deepcopy(ITEM), **changes}


def reversed_keys(value):
    if isinstance(value, dict):
        return {key: reversed_keys(member) for key, member in reversed(value.items())}
    return [reversed_keys(member) for member in value] if isinstance(value, list) else value


def test_it_is_short_and_stable():
    """The ledger keeps it for years: a change of the recipe makes every Item look changed."""
    assert fingerprint(ITEM) == "0a35d5691620205056c8d6bf2279c22f"


def test_the_order_of_keys_makes_no_difference():
    assert fingerprint(reversed_keys(ITEM)) == fingerprint(ITEM)


def test_links_and_collection_make_no_difference():
    assert fingerprint(changed(links=[{"rel": "self", "href": "x"}], collection="other")) == fingerprint(ITEM)


def test_a_signature_makes_no_difference():
    signed = copy.deepcopy(ITEM)
    for asset in signed["assets"].values():
        asset["href"] += "?sv=2024&sig=abc"
    assert fingerprint(signed) == fingerprint(ITEM)


def test_a_whole_number_may_be_written_as_a_fraction():
    assert ITEM["properties"]["eo:cloud_cover"] == 0.0
    assert fingerprint(changed(properties={**ITEM["properties"], "eo:cloud_cover": 0})) == fingerprint(ITEM)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"bbox": [0, 0, 1, 1]},
        {"geometry": None},
        {"properties": {**ITEM["properties"], "eo:cloud_cover": 0.5}},
        {"properties": {**ITEM["properties"], "s2:processing_baseline": "05.11"}},
        {"assets": {}},
        {"assets": {**ITEM["assets"], "B01": {**ITEM["assets"]["B01"], "href": "https://elsewhere/B01.tif"}}},
        {"assets": {**ITEM["assets"], "B01": {**ITEM["assets"]["B01"], "type": "image/jp2"}}},
        {"assets": {**{k: a for k, a in ITEM["assets"].items() if k != "B01"}, "B1": ITEM["assets"]["B01"]}},
    ],
)
def test_a_change_of_the_item_is_seen(change):
    assert fingerprint(changed(**change)) != fingerprint(ITEM)


def test_an_item_with_next_to_nothing_has_one():
    assert fingerprint({}) != fingerprint({"id": "a"})


def test_real_items_are_told_apart(real_data):
    with gzip.open(real_data / "planetary-computer" / "sentinel-2-l2a.items.ndjson.gz", "rt") as lines:
        items = [json.loads(line) for line in lines]
    assert len({fingerprint(item) for item in items}) == len(items)
