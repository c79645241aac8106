"""The artifacts of an ingest as text."""

from models.failure import Failure, FailureClass
from models.outcomes import ItemOutcome, ItemState
from tasks.report import outcomes_text

EXPLORER = "https://catalog.example.com/collections/s2"
PROVEN = ItemOutcome(item_id="a b", state=ItemState.PROVEN, attempts=1, assets_read=21)


def test_each_item_is_a_link_and_failed_ones_come_first():
    failure = Failure(code="EmptyAsset", message="no bytes\nat <all>", kind=FailureClass.PERMANENT)
    failed = ItemOutcome(item_id="z", state=ItemState.FAILED, attempts=2, operation_id="op-1", failure=failure)
    assert outcomes_text([PROVEN, failed], EXPLORER).splitlines() == [
        f"- ✗ [z]({EXPLORER}#z): **EmptyAsset**, permanent. no bytes at &lt;all> (operation op-1)",
        "",
        "| Item | state | attempts | assets read |",
        "|---|---|---:|---:|",
        f"| [z]({EXPLORER}#z) | ✗ failed | 2 | 0 |",
        f"| [a b]({EXPLORER}#a%20b) | ✓ proven | 1 | 21 |",
    ]


def test_causes_are_shown_only_where_there_are_any():
    assert outcomes_text([PROVEN], EXPLORER).startswith("| Item | state |")
