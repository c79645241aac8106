"""Which products are brought: not those that are proven, that another processing supersedes, or that make no Item."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.ledger import Ledger
from models.copernicus import Product
from models.copernicus_ingest import IngestCopernicusRequest
from models.outcomes import ItemOutcome, ItemState
from stac.copernicus_item import item_of, with_provenance
from tasks.connect import geocatalog, operation_watch
from tasks.copernicus_plan import CHAINS, ProductPlan, ProductPlanner, plan_sentence
from tasks.run_record import RunRecorder
from tasks.spool import ItemSpool

SQUARE = {"type": "Polygon", "coordinates": [[[-23, 63], [-21, 63], [-21, 65], [-23, 65], [-23, 63]]]}
START = datetime(2024, 2, 4, 13, 12, 1, tzinfo=UTC)


def product_of(number=0, **members) -> Product:
    return Product(
        **{
            "product_id": f"00000000-0000-0000-0000-{number:012d}",
            "name": f"S3A_OL_1_EFR____{number:04d}.SEN3",
            "collection": "SENTINEL-3",
            "size": 1000,
            "md5": f"{number:032x}",
            "start": START,
            "end": START,
            "published": START + timedelta(hours=number),
            "footprint": SQUARE,
            **members,
        }
    )


def sentinel2(number, baseline, datastrip="20240204T131201", **members):
    attributes = {
        "productType": "S2MSI2A",
        "tileId": "27VVL",
        "datastripId": f"S2B_OPER_MSI_L2A_DS_2BPS_20240204T154527_S{datastrip}_N{baseline}",
    }
    name = f"S2B_MSIL2A_20240204T131159_N{baseline.replace('.', '')}_R138_T27VVL_2024020{number}T154527.SAFE"
    return product_of(number, name=name, collection="SENTINEL-2", attributes=attributes, **members)


@pytest.fixture
def planned(collection, tmp_path):
    """Plan a run; each has a ledger in common."""
    known = Ledger.open(f"sqlite:///{tmp_path / 'planning.sqlite'}", "https://catalog")

    def plan(products, outcomes=(), **changes):
        request = IngestCopernicusRequest(
            collection_id=collection, collection="SENTINEL-3", product_ids=[products[0].product_id], **changes
        )
        with ItemSpool() as spool, RunRecorder(known, request, spool, (None, None)) as run:
            made = ProductPlanner(request, geocatalog(), run).plan(products)
            run.record([ItemOutcome(item_id=item_id, state=state) for item_id, state in outcomes])
        return made

    yield plan
    known.close()


def test_what_is_proven_is_not_brought_again(planned):
    one, two = product_of(1), product_of(2)
    first = planned([one, two], outcomes=[("S3A_OL_1_EFR____0001", ItemState.PROVEN)])
    assert first.planned == ["S3A_OL_1_EFR____0001", "S3A_OL_1_EFR____0002"]
    again = planned([one, two])
    assert (again.done, again.planned) == (["S3A_OL_1_EFR____0001"], ["S3A_OL_1_EFR____0002"])
    assert list(again.products) == ["S3A_OL_1_EFR____0002"]
    assert plan_sentence(again) == "2 products match: 1 proven by earlier runs, 1 to bring"


def test_a_product_that_only_its_record_changed_of_is_the_same(planned):
    planned([product_of(1)], outcomes=[("S3A_OL_1_EFR____0001", ItemState.PROVEN)])
    touched = product_of(1, modified=START + timedelta(days=9), online=True)
    assert planned([touched]).done == ["S3A_OL_1_EFR____0001"]


def test_of_two_processings_the_later_is_brought(planned):
    older, newer = sentinel2(4, "05.10"), sentinel2(5, "05.11")
    for order in ([older, newer], [newer, older]):
        plan = planned(order)
        assert plan.products == {"S2B_T27VVL_20240204T131201_L2A": newer}
        assert plan.superseded == [older.name]


def test_two_datastrips_of_a_tile_are_both_brought(planned):
    plan = planned([sentinel2(4, "05.10"), sentinel2(5, "05.10", datastrip="20240204T131459")])
    assert len(plan.planned) == 2 and plan.superseded == []


def test_a_later_processing_of_a_proven_product_is_reported_or_replaces_it(planned):
    item_id = "S2B_T27VVL_20240204T131201_L2A"
    planned([sentinel2(4, "05.10")], outcomes=[(item_id, ItemState.PROVEN)])
    assert planned([sentinel2(5, "05.11")]).changed == [item_id]
    replacing = planned([sentinel2(5, "05.11")], replace_changed=True)
    assert replacing.replaced == [item_id] and item_id in replacing.products
    assert [batch.replaces for batch in replacing.batches] == [True]


def test_an_item_in_the_catalog_says_of_which_product_it_was_made(planned, collection):
    product = product_of(1)
    item = with_provenance(item_of(product), product, START, "https://catalogue")
    item["collection"] = collection
    operation = geocatalog().stac.begin_create_items(collection, [{**item, "assets": {}}])
    assert operation_watch(collection).wait(operation.id).has_succeeded
    assert planned([product]).present == [item["id"]]
    assert planned([product_of(1, md5="f" * 32)]).changed == [item["id"]]


def test_what_makes_no_item_is_rejected_before_it_is_downloaded(planned):
    plan = planned([product_of(1, footprint=None), product_of(2)])
    (rejected,) = plan.rejected
    assert rejected.item_id == "S3A_OL_1_EFR____0001" and rejected.state is ItemState.REJECTED
    assert "not downloaded: it has no footprint" in rejected.failure.message
    assert plan.matched == 2


def test_offline_products_are_named_only(planned):
    plan = planned([product_of(1, online=False), product_of(2)])
    assert plan.offline == ["S3A_OL_1_EFR____0001.SEN3"] and plan.matched == 1
    assert plan_sentence(plan) == "1 products match: 1 to bring, 1 offline"


@pytest.mark.parametrize(("count", "chains"), [(0, 0), (1, 1), (80, 80), (81, 41), (10_000, 80)])
def test_a_flow_run_stays_below_500_task_runs(count, chains):
    products = {f"item-{number}": product_of(number) for number in range(count)}
    plan = ProductPlan(planned=list(products), products=products)
    assert len(plan.batches) == chains
    assert 5 * CHAINS + 20 < 500
    assert [id_ for batch in plan.batches for id_ in batch.item_ids] == list(products)


def test_a_group_needs_room_for_its_files_and_for_the_largest_unpacked():
    products = {"a": sentinel2(1, "05.10", size=1000), "b": sentinel2(2, "05.10", size=2000)}
    (batch,) = ProductPlan(planned=list(products), products=products).batches[:1]
    plan = ProductPlan(planned=list(products), products=products)
    assert plan.needed(batch) == 2300
    assert plan.most_needed == 4600
    assert ProductPlan(planned=["z"], products={"z": product_of(size=None)}).most_needed == 1_000_000_000
