"""Products that the download host does not give, by what the catalogue knows of them."""

import pytest

from clients.copernicus.errors import ProductNotDownloaded
from models.copernicus import ProductState
from models.errors import TransientError


@pytest.fixture
def product(find):
    return find("S3B_OL_1_EFR")


def given_up(downloader, product, folder):
    with pytest.raises(ProductNotDownloaded) as refused:
        downloader.download(product, folder)
    return refused.value


def test_a_product_that_was_deleted_since_the_search_is_gone_and_the_list_says_why(
    data_space, downloader, product, tmp_path
):
    data_space.mishap("deleted", product.name)
    refused = given_up(downloader, product, tmp_path)
    assert (refused.state, refused.failure.code) == (ProductState.FAILED, "ProductGone")
    assert "it was deleted (20" in str(refused)
    assert "Obsolete product). Search again" in str(refused)


def test_a_product_that_is_gone_without_a_word_is_not_said_to_be_deleted(
    data_space, open_downloader, product, tmp_path
):
    data_space.mishap("deleted", product.name)

    def no_answer(product):
        raise TransientError("away")

    for deletion in (lambda product: "", no_answer):
        refused = given_up(open_downloader(deletion=deletion), product, tmp_path)
        assert refused.failure.code == "ProductGone"
        assert "deleted" not in str(refused)


def test_a_product_that_the_catalogue_still_has_is_not_said_to_be_gone(data_space, downloader, product, tmp_path):
    data_space.mishap("missing", product.name)
    refused = given_up(downloader, product, tmp_path)
    assert refused.failure.code == "DAT-ZIP-404"
    assert "The catalogue has it all the same" in str(refused)
    assert data_space.counts()["products"][product.name]["requests"] == 2


def test_a_product_that_changed_since_the_search_is_received_as_it_is_now(
    data_space, open_downloader, catalogue, product, tmp_path
):
    old = product.model_copy(update={"blake3": "0" * 64, "size": 1, "product_id": "0" * 8 + product.product_id[8:]})
    reread = open_downloader()
    reread.reread = lambda product_id: catalogue.product(product.product_id, "any")
    made = reread.download(old, tmp_path)
    assert (made.product, made.verified_by) == (product, "blake3")
