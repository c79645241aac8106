"""Secrets from a block and a vault, in a run whose services repeat them in their errors: nobody can read them."""

import logging

import pytest
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client

from cli.automate import automate
from flows.ingest_items import ingest_items
from models.reports import ItemsFailed
from tasks.connect import disconnect
from tasks.ledger import ledger
from tests.clients.test_key_vault import keep
from tests.flows.test_alerts import scenes
from tests.prefect_records import pages

WEBHOOK = "https://hooks.example.com/services/planted-webhook-token"
SAS = "sp=rwcl&st=2026-01-01&se=2027-01-01&sig=planted%2Bsignature%3D"
MESSAGE = f"Cannot read https://a.blob.core.windows.net/c?{SAS}, told {WEBHOOK}"


def published(client) -> str:
    """Return all that the Prefect API shows of runs, deployments, artifacts, logs, events, automations and blocks."""
    lists = ["flow_runs", "task_runs", "deployments", "artifacts", "automations", "block_documents", "logs"]
    shown = [page for name in lists for page in pages(client, name)]
    events = client.request("POST", "/events/filter", json={"limit": 50}).text
    return "\n".join([*shown, events])


def test_planted_secrets_are_nowhere(emulator, collection, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    Secret(value=f"key-vault:{keep(emulator, 'webhook', WEBHOOK)}").save("webhook", overwrite=True)
    monkeypatch.setenv("GEOCATALOG_ALERT_WEBHOOK", "prefect-secret:webhook")
    monkeypatch.setenv("GEOCATALOG_STAGING_SAS", f"key-vault:{keep(emulator, 'sas', SAS)}")
    disconnect()
    automate(540, None, remove=False)
    emulator.fault(item="scene-00001", code="InvalidAssetHref", message=MESSAGE, times=None)
    with pytest.raises(ItemsFailed) as error:
        ingest_items(scenes(collection, 3))

    (entry,) = ledger().find(collection_id=collection, codes=["InvalidAssetHref"])
    assert entry.message.startswith("Cannot read https://a.blob.core.windows.net/c?")
    with get_client(sync_client=True) as client:
        shown = published(client)
    assert "Cannot read https://a.blob" in shown
    for text in (shown, str(error.value), caplog.text, repr(entry), repr(ledger().history(collection, "scene-00001"))):
        assert "planted" not in text
    assert "planted" not in repr(ledger().dead_letter(collection, "scene-00001"))
    automate(540, None, remove=True)
