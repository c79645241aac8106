"""Recurring runs with an injected clock: a schedule that was missed, and Items that are published late."""

from datetime import UTC, datetime

import pytest

from flows.ingest_items import ingest_items
from models.requests import IngestRequest
from tests.conftest import MANY
from tests.many_items import many_items

LOOKBACK = 7
"""Days; more than the six after which the late Item here is published."""


@pytest.fixture
def daily(emulator, monkeypatch):
    """Run the daily ingest as if it were 06:00 of a day of March 2024; return the ids that it sent."""
    collection_id = emulator.create_collection()
    request = IngestRequest(
        collection_id=collection_id,
        source_collection=MANY,
        bbox=[9, 49, 12, 52],
        lookback_days=LOOKBACK,
        proof="none",
    )

    def run(day: int) -> set[str]:
        monkeypatch.setattr("tasks.begin.utc_now", lambda: datetime(2024, 3, day, 6, tzinfo=UTC))
        emulator.forget_requests()
        assert ingest_items(request).failed == 0
        return set(emulator.submitted())

    return run


@pytest.fixture
def publish(emulator):
    """Let the source have one more Item, acquired at noon of a day of March 2024."""

    def publish(item_id: str, day: int) -> None:
        item = next(many_items(1, MANY))
        properties = {**item["properties"], "datetime": f"2024-03-{day:02}T12:00:00Z"}
        features = [{**item, "id": item_id, "properties": properties}]
        emulator.control("PUT", "upstream/items", {"type": "FeatureCollection", "features": features})

    return publish


def test_neither_a_missed_schedule_nor_a_late_publication_leaves_a_hole(daily, publish):
    publish("in-time", day=8)
    assert daily(9) == {"in-time"}
    publish("while-nothing-ran", day=10)
    assert daily(19) == {"while-nothing-ran"}  # the schedule was missed for ten days
    publish("six-days-late", day=14)
    assert daily(20) == {"six-days-late"}
    assert daily(21) == set()


def test_what_was_published_late_while_nothing_ran_is_found(daily, publish):
    publish("in-time", day=8)
    daily(9)
    publish("late-in-the-pause", day=4)  # on the 10th, six days after its acquisition
    assert daily(19) == {"late-in-the-pause"}
