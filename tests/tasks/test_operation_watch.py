"""Waiting for operations, with the emulator's clock in the place of sleep."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from clients.geocatalog.operation import Operation
from models.errors import OperationTimeout, TransientError
from tasks.connect import geocatalog
from tasks.operation_watch import OperationWatch
from tests.many_items import many_items


@pytest.fixture
def slow(emulator, collection):
    """Operations take 5-8 seconds, as recorded from the service."""
    emulator.configure(operations={"min_seconds": 5, "max_seconds": 8})
    return emulator


class Time:
    """A clock that moves only when somebody sleeps, and the emulator's with it."""

    def __init__(self, emulator):
        self.emulator, self.now, self.lock = emulator, 0.0, threading.Lock()

    def sleep(self, seconds):
        with self.lock:
            self.now += seconds
            self.emulator.advance(seconds)

    def clock(self):
        return self.now


def watch_of(collection, time, **options):
    return OperationWatch(
        geocatalog().ingestion,
        collection,
        **{"poll_interval": 1.0, "timeout": 60.0, "clock": time.clock, "sleep": time.sleep, **options},
    )


def begin(collection, count=1, start=0):
    """Start operations that end as failed (no ingestion source): what they end as does not matter here."""
    items = list(many_items(start + count, collection))[start:]
    return [geocatalog().stac.begin_create_items(collection, [item]) for item in items]


def test_pending_and_running_are_waited_for(slow, collection):
    time = Time(slow)
    (operation,) = begin(collection)
    assert operation.status == "Pending"
    assert watch_of(collection, time).wait(operation.id).has_ended
    assert 4 <= time.now <= 9


def test_a_timeout_says_that_the_operation_may_yet_end(slow, collection):
    slow.configure(operations={"min_seconds": 500, "max_seconds": 500})
    (operation,) = begin(collection)
    with pytest.raises(OperationTimeout, match=r"is still (Pending|Running) after 60 seconds.*GEOCATALOG_OPERATION"):
        watch_of(collection, Time(slow)).wait(operation.id)


def test_thirty_waiting_threads_share_one_look_an_interval(slow, collection):
    time = Time(slow)
    watch = watch_of(collection, time)
    operations = begin(collection, 30)
    for operation in operations:
        watch.expect(operation)
    slow.forget_requests()
    ended = []
    threads = [threading.Thread(target=lambda o=o: ended.append(watch.wait(o.id))) for o in operations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 30
    assert slow.count("GET", "/operations/{") == 0
    assert slow.count("GET", "/operations") <= 12  # eight seconds, one look each, and some for the race at the end


def test_many_threads_may_wait_for_one_operation(slow, collection):
    time = Time(slow)
    watch = watch_of(collection, time)
    (operation,) = begin(collection)
    ended = []
    threads = [threading.Thread(target=lambda: ended.append(watch.wait(operation.id))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 20


def test_an_operation_behind_the_first_page_is_found(slow, collection):
    first = begin(collection, 1)[0]
    begin(collection, 120, start=1)
    assert watch_of(collection, Time(slow)).wait(first.id).id == first.id


def test_an_operation_that_the_list_does_not_show_is_asked_for(slow, collection):
    other = slow.create_collection("other")
    (operation,) = begin(other)
    assert watch_of(collection, Time(slow)).wait(operation.id).has_ended


class Hanging:
    """The operations of a GeoCatalog that answers nothing: each look fails, after minutes."""

    def __init__(self, answer):
        self.looks, self.answer = 0, answer

    def list_operations(self, collection_id):
        self.looks += 1
        if self.looks == 1:
            raise TransientError("GET /inma/operations: no answer within 60 s.")
        yield self.answer


def test_a_look_that_fails_is_not_repeated_by_each_that_waits():
    now = [0.0]
    ingestion = Hanging([Operation(id="16", status="Succeeded")])
    watch = OperationWatch(ingestion, "c", poll_interval=1, timeout=60, clock=lambda: now[0], sleep=None)
    with ThreadPoolExecutor(16) as pool:
        errors = list(pool.map(lambda number: failure_of(watch, str(number)), range(16)))
    assert (ingestion.looks, {str(error) for error in errors}) == (1, {"GET /inma/operations: no answer within 60 s."})
    now[0] = 1
    assert watch.wait("16").has_ended


def failure_of(watch, operation_id):
    with pytest.raises(TransientError) as caught:
        watch.wait(operation_id)
    return caught.value
