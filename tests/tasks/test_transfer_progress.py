"""Bytes, rate and time left of downloads."""

from datetime import UTC, datetime

from tasks.progress import listening
from tasks.transfer_progress import TransferProgress
from tests.copernicus_products import made_up_product

NOW = datetime(2024, 2, 4, tzinfo=UTC)
MB = 10**6


class Listener:
    def __init__(self):
        self.texts = []

    def receive(self, here, total, text):
        self.texts.append(text)


def product(number, size):
    return made_up_product(number, f"S{number}", size)


def progress(*sizes):
    clock = [0.0]
    products = [product(number, size) for number, size in enumerate(sizes)]
    listener = Listener()
    with listening(listener):
        return TransferProgress(products, clock=lambda: clock[0]), products, clock, listener


def test_rate_and_time_left_are_those_of_what_is_received():
    counted, (one, two), clock, listener = progress(100 * MB, 300 * MB)
    counted.at(one.product_id, 50 * MB, is_new=False)  # was there before: it counts, but not for the rate
    clock[0] = 10
    counted.at(one.product_id, 70 * MB)
    assert counted.text == "0 of 2 products are here, 70.0 MB of 400.0 MB, 2.0 MB/s, 0:02:45 left"
    assert listener.texts == ["70.0 MB of 400.0 MB, 2.0 MB/s, 0:02:45 left"]
    counted.end(one.product_id, 100 * MB)
    clock[0] = 20
    counted.end(two.product_id, None)
    assert counted.text == "1 of 2 products are here, 1 given up, 100.0 MB of 100.0 MB"


def test_a_file_that_is_begun_anew_counts_back():
    counted, (one,), clock, listener = progress(100 * MB)
    counted.at(one.product_id, 60 * MB)
    counted.at(one.product_id, 0, is_new=False)
    clock[0] = 5
    counted.at(one.product_id, 10 * MB)
    assert "10.0 MB of 100.0 MB" in listener.texts[-1]


def test_unknown_sizes_grow_with_what_comes():
    counted, (one,), clock, listener = progress(None)
    clock[0] = 5
    counted.at(one.product_id, 10 * MB)
    assert "10.0 MB of 10.0 MB" in listener.texts[-1]
