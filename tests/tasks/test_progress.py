"""What a run says while it works."""

from uuid import uuid4

import httpx
import pytest

from clients.geocatalog.bulk import IngestionRun
from tasks import bulk_progress, progress
from tasks.bulk_progress import BulkProgress
from tasks.progress import Progress, listening


class Listener:
    """Remembers what it was told."""

    def __init__(self):
        self.said, self.counts = [], []

    def say(self, message):
        self.said.append(message)

    def advance(self, done, total, what):
        self.counts.append((done, total))


def test_an_item_is_counted_once_however_often_its_task_run_is_repeated():
    listener = Listener()
    with listening(listener):
        counted = Progress(3)
    counted.settle(["a", "b"])
    counted.settle(["b"])
    counted.settle(["c"])
    assert listener.counts == [(2, 3), (2, 3), (3, 3)]


def test_a_prefect_server_that_is_away_harms_no_item(monkeypatch):
    def away(*arguments):
        raise httpx.ConnectError("All connection attempts failed")

    monkeypatch.setattr(progress, "update_progress_artifact", away)
    counted = Progress(1)
    counted._artifact = uuid4()
    counted.settle(["a"])


def test_a_prefect_server_that_is_away_ends_no_bulk_run(monkeypatch):
    def away(*arguments, **options):
        raise httpx.ConnectError("All connection attempts failed")

    monkeypatch.setattr(bulk_progress, "create_progress_artifact", away)
    monkeypatch.setattr(progress, "update_progress_artifact", away)
    shown = BulkProgress("part 1", 10).publish("bulk-run")
    shown._artifact = uuid4()
    shown.show(IngestionRun(id="1", operation_id="2", status="Succeeded", successful=10))


def test_another_error_is_not_hidden(monkeypatch):
    def wrong(*arguments):
        raise TypeError("wrong arguments")

    monkeypatch.setattr(progress, "update_progress_artifact", wrong)
    counted = Progress(1)
    counted._artifact = uuid4()
    with pytest.raises(TypeError):
        counted.settle(["a"])


def test_what_is_said_reaches_the_listener_of_this_context_only():
    listener = Listener()
    with listening(listener):
        progress.say("inside")
    progress.say("outside")
    assert listener.said == ["inside"]
