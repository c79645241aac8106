"""Create a Collection in the GeoCatalog, or bring the existing one up to date."""

import time
from collections.abc import Callable
from typing import Literal

from prefect import task

from clients.geocatalog import GeoCatalog
from models.area import JsonDict
from models.errors import ConflictError, OperationFailed, RefusedError
from settings import get_settings
from stac.collection import changed_members, replacement
from tasks.connect import geocatalog, operation_watch
from tasks.operation_watch import OperationWatch
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED

Action = Literal["created", "updated", "kept"]
REPEAT_INTERVAL = 5.0
"""Seconds between two attempts to create a Collection that was deleted a moment ago; Microsoft's tests use the same."""


def ensure_collection(wanted: JsonDict, catalog: GeoCatalog, create: Callable[[], None]) -> Action:
    """Make the Collection exist as wanted, and wait until it does.

    Args:
        create: creates it and waits.

    Raises:
        RefusedError: the GeoCatalog does not accept the Collection.
    """
    held = catalog.stac.get_collection(wanted["id"])
    if held is None:
        create()
        return "created"
    if not changed_members(wanted, held):
        return "kept"
    catalog.stac.replace_collection(replacement(wanted, held))
    return "updated"


class CollectionCreation:
    """Creates one Collection, patiently: its id may be in use by a deletion, or by another run that creates it.

    Args:
        timeout: seconds to repeat a creation that is refused with 409.
    """

    def __init__(
        self,
        wanted: JsonDict,
        catalog: GeoCatalog,
        watch: OperationWatch,
        *,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wanted = wanted
        self._catalog = catalog
        self._watch = watch
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep

    def __call__(self) -> None:
        """Create it and return when it can be read.

        Raises:
            ConflictError: the id was still in use when the time was over.
            OperationFailed: the operation failed; the message is the service's.
        """
        deadline = self._clock() + self._timeout
        while not self._attempt():
            if self._exists():
                return
            if self._clock() + REPEAT_INTERVAL > deadline:
                raise ConflictError(
                    f"The id {self._wanted['id']} is still in use after {self._timeout:.0f} seconds, though no such"
                    " Collection can be read: its deletion goes on. Run again later, or choose another id.",
                    409,
                )
            self._sleep(REPEAT_INTERVAL)

    def _attempt(self) -> bool:
        try:
            operation = self._catalog.stac.begin_create_collection(self._wanted)
        except ConflictError:
            return False
        ended = self._watch.wait(operation.id)
        if not ended.has_succeeded:
            reason = ended.failure.message if ended.failure else ended.status
            raise OperationFailed(f"The Collection {self._wanted['id']} could not be created: {reason}")
        if not self._exists():
            raise RefusedError(f"The GeoCatalog says that it created {self._wanted['id']}, but does not show it.")
        return True

    def _exists(self) -> bool:
        return self._catalog.stac.get_collection(self._wanted["id"]) is not None


@task(name="create-collection", task_run_name="create Collection {wanted[id]}", **RETRIED, **UNCACHED)
def create_collection(wanted: JsonDict) -> Action:
    """Create the Collection, or update the members that differ, or keep it; return which."""
    catalog, watch = geocatalog(), operation_watch(wanted["id"])
    creation = CollectionCreation(wanted, catalog, watch, timeout=get_settings().recreate_timeout)
    action = ensure_collection(wanted, catalog, creation)
    say(f"Collection {wanted['id']} {action}")
    return action
