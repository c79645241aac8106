"""What became of each Item."""

from enum import StrEnum

from pydantic import BaseModel

from models.failure import Failure


class ItemState(StrEnum):
    """Last state of an Item; only `proven` is success."""

    PLANNED = "planned"
    """Claimed by a run, which has not sent it yet."""
    SUBMITTED = "submitted"
    """Sent; an operation of the GeoCatalog deals with it."""
    REJECTED = "rejected"
    """Never submitted: it breaks a limit of the GeoCatalog."""
    FAILED = "failed"
    """Its operation, or the call that should have started it, failed."""
    INGESTED = "ingested"
    """Its operation succeeded; not read back yet."""
    UNPROVEN = "unproven"
    """Its operation succeeded, but what was read back is missing, different or unreadable."""
    PROVEN = "proven"
    """Read back from the catalog and compared, and its signed assets answered (of all Items or of a sample)."""
    REMOVED = "removed"
    """No longer in the catalog: its Collection, or the Item itself, was deleted there."""


class ItemOutcome(BaseModel):
    """One Item and what became of it.

    Attributes:
        item_id: id of the STAC Item.
        state: last state reached.
        submitted: True if this run sent the Item; False if the catalog had it before.
        attempts: how often this run sent it.
        operation_id: the GeoCatalog operation that last dealt with it.
        failure: cause, unless the state is `proven` or `ingested`.
        assets_read: how many signed assets answered with the first bytes that their type promises.
    """

    item_id: str
    state: ItemState
    submitted: bool = False
    attempts: int = 0
    operation_id: str | None = None
    failure: Failure | None = None
    assets_read: int = 0

    @property
    def is_failed(self) -> bool:
        """Tell whether the Item is not as requested."""
        return self.state in (ItemState.REJECTED, ItemState.FAILED, ItemState.UNPROVEN)

    def failed(self, failure: Failure, state: ItemState = ItemState.FAILED) -> "ItemOutcome":
        """Return this outcome as failed, with the cause."""
        return self.model_copy(update={"state": state, "failure": failure})


class Outcomes:
    """Outcomes of Items that take one way together: what a task returns of them.

    Not a list, which Prefect would walk through at each step, and of which it would note every member as a result of
    its own for as long as the flow run lives.
    """

    def __init__(self, items: list[ItemOutcome]) -> None:
        self.items = items
