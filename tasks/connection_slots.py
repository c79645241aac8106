"""The connections of one account: counted on this machine by locks, and over all machines by Prefect."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.concurrency.asyncio import AcquireConcurrencySlotTimeoutError, ConcurrencySlotAcquisitionError
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from clients.copernicus.errors import Interrupted
from clients.copernicus.slots import MachineSlots
from models.errors import TransientError
from tasks.progress import say
from tasks.stopping import pause, raise_if_stopping

LIMIT = "copernicus-connections"
"""Name of the global concurrency limit; a limit of this name that is there keeps its number."""
LEASE = 60.0
"""Seconds after which Prefect frees the connection of a run that was killed; a run that works renews it."""
LOOK = 2.0
"""Seconds between two looks at a limit that is full."""
ANSWER = 60.0
"""Seconds that Prefect may take to answer."""
NOTICE = 30.0
"""Seconds of waiting after which the run says so, once."""
PATIENCE = 1800.0
"""Seconds that Prefect is waited for, as long as for the service itself; a gigabyte takes a minute or two."""


class ConnectionsTaken(TransientError):
    """Prefect's limit let no transfer begin for half an hour: the run stops."""


class ConnectionSlots:
    """Holds a connection for the time of one transfer; safe to share between threads.

    The machine's locks hold without a Prefect server that others share; Prefect's limit holds between machines.

    Args:
        folder: where the locks are.
        count: connections of the account.
        clock: seconds, monotonic.
    """

    def __init__(self, folder: Path, count: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._machine = MachineSlots(folder, count, sleep=pause)
        self._clock = clock
        self._noticed = False

    def create_limit(self) -> None:
        """Create Prefect's limit, unless there is one.

        Raises:
            TransientError: the Prefect server does not answer, or not as it should.
        """
        try:
            with get_client(sync_client=True) as client:
                if not _has_limit(client):
                    _create_limit(client, self._count)
        except httpx.HTTPError as error:
            raise TransientError(
                f"Prefect's global concurrency limit {LIMIT} cannot be had ({type(error).__name__}: {error}): check"
                " that the Prefect server answers, and that it is of version 3.8 or newer."
            ) from None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold a connection; wait for a free one.

        Raises:
            Interrupted: Prefect has no such limit, or does not answer; the download tries again later.
            ConnectionsTaken: Prefect gave none for half an hour.
            Stopped: the process is asked to stop.
        """
        with self._machine.hold(), ExitStack() as held:
            self._enter_limit(held)
            try:
                yield
            finally:
                with suppress(httpx.HTTPError):  # the lease ends by itself; what was received must not be lost for it
                    held.close()

    def _enter_limit(self, held: ExitStack) -> None:
        begun = self._clock()
        while True:
            raise_if_stopping()
            try:
                if _may_be_free():
                    held.enter_context(_slot())
                    return
            except AcquireConcurrencySlotTimeoutError:
                pass
            except (ConcurrencySlotAcquisitionError, ObjectNotFound, httpx.HTTPError) as error:
                if not _was_taken(error):
                    raise Interrupted(
                        f"Prefect gives no connection by its global concurrency limit {LIMIT} ({error}): it is missing"
                        " or 0, or the Prefect server does not answer",
                        "PrefectAway",
                    ) from None
            self._mind(self._clock() - begun)
            pause(LOOK)

    def _mind(self, waited: float) -> None:
        """Say that a connection is waited for; give up in the end."""
        if waited >= PATIENCE:
            raise ConnectionsTaken(
                f"All connections of Prefect's global concurrency limit {LIMIT} were taken for {PATIENCE / 60:.0f}"
                " minutes: stop other downloads of the account, or run again later. If there are none, a Prefect server"
                f" was stopped while it counted them: `prefect gcl update {LIMIT} --active-slots 0`."
            )
        if waited >= NOTICE and not self._noticed:
            self._noticed = True
            say(
                f"Waiting for a connection: other runs hold all of {LIMIT}; those of a run that was killed come free"
                " after a minute or two"
            )


def _may_be_free() -> bool:
    """Tell whether it makes sense to ask for a slot: who asks in vain waits where nothing can stop him."""
    with get_client(sync_client=True) as client:
        limit = client.read_global_concurrency_limit_by_name(LIMIT)
    return not limit.active or not limit.limit or (limit.active_slots or 0) < limit.limit


def _slot() -> AbstractContextManager[None]:
    # No retries of Prefect's: it would wait for half a minute and more, and let no other thread of the process ask.
    return concurrency(
        LIMIT,
        strict=True,
        timeout_seconds=ANSWER,
        max_retries=0,
        lease_duration=LEASE,
        raise_on_lease_renewal_failure=False,
    )


def _was_taken(error: Exception) -> bool:
    """Tell whether somebody else was faster to take a slot that was free a moment ago."""
    cause = error.__cause__
    return isinstance(cause, httpx.HTTPStatusError) and cause.response.status_code == httpx.codes.LOCKED


def _create_limit(client: SyncPrefectClient, count: int) -> None:
    with suppress(ObjectAlreadyExists):  # another run was faster
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=LIMIT, limit=count))


def _has_limit(client: SyncPrefectClient) -> bool:
    try:
        client.read_global_concurrency_limit_by_name(LIMIT)
    except ObjectNotFound:
        return False
    return True
