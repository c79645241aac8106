"""Alerts end to end: flow, event, automation of the Prefect server, and a webhook that a test receives."""

import functools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client

from cli.automate import apply, automate
from cli.automations import PREFIX
from flows.backfill import backfill
from flows.ingest_items import ingest_items
from models.errors import CredentialsError, InvalidRequest
from models.reports import ItemsFailed
from models.requests import BackfillRequest
from tasks import plan
from tasks.connect import disconnect
from tests.flows.test_ingest_items import many

WAIT = 30.0
"""Seconds until what Prefect's server does in the background has been done, on a busy machine."""


class Receiver(ThreadingHTTPServer):
    """Receives webhooks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[dict] = []
        self.arrived = threading.Condition()
        self.url = f"http://127.0.0.1:{self.server_port}/hook?token=PLANTED"

    def wait_for(self, count: int) -> list[dict]:
        """Return what has arrived, when it is as much as this."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, WAIT), self.received
        return self.received

    def codes(self, count: int) -> list[str]:
        return [body["alert"]["code"] for body in self.wait_for(count)]


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
        with self.server.arrived:
            self.server.received.append(body)
            self.server.arrived.notify_all()

    def log_message(self, *arguments: object) -> None:
        """Be quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def alerting(emulator, receiver, monkeypatch) -> Iterator[Receiver]:
    """Automations that call the receiver, as `geocatalog automations` makes them."""
    monkeypatch.setenv("GEOCATALOG_ALERT_WEBHOOK", receiver.url)
    disconnect()
    automate(540, None, remove=False)
    yield receiver
    with get_client(sync_client=True) as client:
        apply(client, [])


def scenes(collection: str, count: int):
    """Return a request for the first Items."""
    return many(collection, datetime_range=f"2024-01-01T00:00:00Z/2024-01-01T00:{count - 1:02}:30Z")


def fails(emulator, request, **codes: str) -> None:
    """Run an ingest in which Items fail, named by their numbers."""
    emulator.control("DELETE", "faults")
    for number, code in codes.items():
        emulator.fault(item=f"scene-{int(number.removeprefix('item')):05}", code=code, times=None)
    with pytest.raises(ItemsFailed):
        ingest_items(request)


def test_one_notification_for_each_new_kind_of_failure(emulator, collection, alerting):
    fails(emulator, scenes(collection, 3), item0="IngestionResourceForbidden")
    body = alerting.wait_for(1)[0]
    assert body["subject"] == f"GeoCatalog: 1 Item of {collection} failed: IngestionResourceForbidden (source-access)"
    assert "What to do: Check the container" in body["text"]
    assert "/runs/flow-run/" in body["flow_run"]
    assert body["flow_run"] in body["text"]

    fails(emulator, scenes(collection, 3), item0="IngestionResourceForbidden")
    fails(emulator, scenes(collection, 5), item0="IngestionResourceForbidden", item4="InvalidAssetHref")
    assert alerting.codes(2) == ["IngestionResourceForbidden", "InvalidAssetHref"]

    emulator.control("DELETE", "faults")
    ingest_items(scenes(collection, 5))
    fails(emulator, scenes(collection, 7), item6="IngestionResourceForbidden")
    assert alerting.codes(3) == ["IngestionResourceForbidden", "InvalidAssetHref", "IngestionResourceForbidden"]


def test_runs_that_may_not_write_notify_once(emulator, collection, alerting):
    emulator.configure(identity={"role": "GeoCatalog Reader"})
    for _ in range(2):
        disconnect()
        with pytest.raises(CredentialsError):
            ingest_items(scenes(collection, 3))
    emulator.configure(identity={"role": "GeoCatalog Administrator"})
    disconnect()
    fails(emulator, scenes(collection, 3), item0="InvalidAssetHref")
    assert alerting.codes(2) == ["CredentialsError", "InvalidAssetHref"]
    assert "geocatalog doctor" in alerting.received[0]["text"]


@pytest.mark.long
def test_children_that_a_backfill_halves_are_no_failure(emulator, collection, alerting, monkeypatch):
    monkeypatch.setattr(plan, "make_plan", functools.partial(plan.make_plan, most=10))
    report = backfill(BackfillRequest(ingest=scenes(collection, 16), every="day"))
    assert len(report.children) > 1
    monkeypatch.undo()
    fails(emulator, scenes(collection, 17), item16="InvalidAssetHref")
    assert alerting.codes(1) == ["InvalidAssetHref"]


def test_another_block_notifies_as_well(emulator, collection, receiver):
    block = CustomWebhookNotificationBlock(
        name="test", url=receiver.url, json_data={"subject": "{{subject}}", "body": "{{body}}"}
    )
    block.save("operations", overwrite=True)
    automate(540, "custom-webhook/operations", remove=False)
    fails(emulator, scenes(collection, 3), item0="IngestionResourceForbidden")
    (body,) = receiver.wait_for(1)
    assert body["subject"].startswith("GeoCatalog: 1 Item of")
    assert "Newest message: " in body["body"]
    automate(540, None, remove=True)


def ours(client) -> dict[str, object]:
    return {known.name.removeprefix(PREFIX): known for known in client.read_automations()}


def test_automations_are_made_once_and_what_was_switched_off_stays_off(emulator, alerting, capsys):
    with get_client(sync_client=True) as client:
        before = ours(client)
        assert len(before) == 4
        client.pause_automation(before["a crashed run notifies"].id)
        automate(540, None, remove=False)
        assert {name: known.id for name, known in ours(client).items()} == {n: k.id for n, k in before.items()}
        assert "a new kind of failure notifies: as it was" in capsys.readouterr().out
        automate(90, None, remove=False)
        assert "a run without a sign of life is Crashed: updated" in capsys.readouterr().out
        after = ours(client)
        assert after["a run without a sign of life is Crashed"].trigger.within.total_seconds() == 90
        assert not after["a crashed run notifies"].enabled


def test_without_anybody_to_tell_it_says_so(emulator, prefect_server, capsys):
    automate(540, None, remove=False)
    assert "Nobody is told of failures: set GEOCATALOG_ALERT_WEBHOOK" in capsys.readouterr().out
    with get_client(sync_client=True) as client:
        assert list(ours(client)) == ["a run without a sign of life is Crashed"]
    automate(540, None, remove=True)


def test_a_block_that_is_not_there_is_said(emulator, prefect_server):
    with pytest.raises(InvalidRequest, match="There is no block sendgrid-email/operations"):
        automate(540, "sendgrid-email/operations", remove=False)
