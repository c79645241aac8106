"""Copernicus products in the ledger."""

from datetime import UTC, datetime

import pytest

from ledger.product_rows import given_up_rows, product_state_rows
from ledger.products import ProductChange
from models.copernicus import DownloadedProduct, Product, ProductState
from models.failure import Failure, FailureClass
from tests.ledger.conftest import COLLECTION

SENSED = datetime(2024, 2, 4, 13, 12, tzinfo=UTC)
BUSY = Failure(code="DAT-ZIP-100", message="https://x.example.com?token=SECRET", kind=FailureClass.TRANSIENT)


def product(number: int) -> Product:
    product_id = f"00000000-0000-0000-0000-{number:012}"
    return Product(product_id=product_id, name=f"S{number}.SAFE", collection="SENTINEL-2", start=SENSED, end=SENSED)


def downloaded(each: Product) -> DownloadedProduct:
    return DownloadedProduct(
        product=each,
        path=f"/d/{each.name}.zip",
        size=3_000_000_000,
        checksum=f"md5:{'0' * 32}",
        verified_by="md5",
        fetched=1,
        seconds=1,
        downloaded=SENSED,
        modified_ns=1,
    )


ONE, TWO, THREE = map(product, (1, 2, 3))


def states(ledger):
    return {entry.name: entry.state.value for entry in ledger.find_products(collection_id=COLLECTION)}


def test_products_are_found_again(ledger, open_ledger):
    ledger.record_found("one", COLLECTION, [ONE, TWO, ONE])
    ledger.record_products("one", COLLECTION, [ProductChange(TWO, ProductState.DOWNLOADED, downloaded=downloaded(TWO))])
    known = open_ledger().products(COLLECTION, [ONE.product_id, TWO.product_id, THREE.product_id])
    assert {entry.name: entry.state.value for entry in known.values()} == {"S1.SAFE": "found", "S2.SAFE": "downloaded"}
    entry = known[TWO.product_id]
    assert (entry.size, entry.path, entry.sensed, entry.run_id) == (3_000_000_000, "/d/S2.SAFE.zip", SENSED, "one")


def test_a_new_search_takes_up_what_failed_and_leaves_what_is_farther(ledger):
    ledger.record_products(
        "one",
        COLLECTION,
        [
            ProductChange(ONE, ProductState.QUOTA, failure=BUSY),
            ProductChange(TWO, ProductState.PROVEN, downloaded=downloaded(TWO)),
        ],
    )
    ledger.record_found("two", COLLECTION, [ONE, TWO, THREE])
    assert states(ledger) == {"S1.SAFE": "found", "S2.SAFE": "proven", "S3.SAFE": "found"}
    assert ledger.find_products(run_id="one")[0].name == "S2.SAFE"
    assert ledger.products(COLLECTION, [ONE.product_id])[ONE.product_id].failure is None


def test_failed_products_are_selected_by_run_state_and_code(ledger):
    ledger.record_found("one", COLLECTION, [ONE, TWO, THREE])
    changes = [ProductChange(each, ProductState.QUOTA, failure=BUSY) for each in (ONE, TWO)]
    ledger.record_products("two", COLLECTION, changes)
    assert {entry.name for entry in ledger.find_products(states=[ProductState.QUOTA])} == {"S1.SAFE", "S2.SAFE"}
    assert {entry.name for entry in ledger.find_products(run_id="two", codes=["DAT-ZIP-100"])} == {"S1.SAFE", "S2.SAFE"}
    assert ledger.find_products(codes=["other"]) == []
    assert "SECRET" not in ledger.find_products(states=[ProductState.QUOTA])[0].failure.message


def test_products_as_tables(ledger):
    ledger.record_found("one", COLLECTION, [ONE, TWO, THREE])
    ledger.record_products("one", COLLECTION, [ProductChange(TWO, ProductState.QUOTA, failure=BUSY)])
    counts = [{"state": "found", "products": 2}, {"state": "quota", "products": 1}]
    assert product_state_rows(ledger, COLLECTION) == product_state_rows(ledger, None) == counts
    assert product_state_rows(ledger, "other") == []
    (row,) = given_up_rows(ledger, COLLECTION, 30)
    assert (row["product"], row["code"], row["run"]) == ("S2.SAFE", "DAT-ZIP-100", "one")


def test_another_catalog_has_products_of_its_own(ledger, open_ledger):
    ledger.record_found("one", COLLECTION, [ONE])
    assert open_ledger("https://other.example.com").find_products() == []


def test_a_run_that_was_not_begun_is_refused(ledger):
    with pytest.raises(ValueError, match="was not begun"):
        ledger.record_found("three", COLLECTION, [ONE])


def test_a_collection_that_is_created_again_has_no_products_yet(ledger):
    ledger.note_collection(COLLECTION, "2024-02-04")
    ledger.record_products("one", COLLECTION, [ProductChange(ONE, ProductState.PROVEN)])
    ledger.note_collection(COLLECTION, "2024-02-05")
    assert ledger.find_products() == []
