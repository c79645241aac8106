"""Wait for operations: one shared look at the list of operations serves all that wait."""

import threading
import time
from collections.abc import Callable

from clients.geocatalog.ingestion import IngestionClient
from clients.geocatalog.operation import Operation
from models.errors import OperationTimeout, Stopped, TransientError

STOPPING = threading.Event()
"""Set when the process is asked to stop: nobody waits any longer."""


class OperationWatch:
    """Knows the newest status of the operations of one Collection; safe to share between threads.

    A look at the list costs one request for 100 operations, whoever asks. Only an operation that the list does not
    show is asked for by itself.

    Args:
        poll_interval: seconds between two looks.
        timeout: seconds that one operation may take, from when it was expected.
        clock: seconds, monotonic.
        sleep: replaced in tests.
    """

    def __init__(
        self,
        ingestion: IngestionClient,
        collection_id: str,
        *,
        poll_interval: float,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = STOPPING.wait,
    ) -> None:
        self._ingestion = ingestion
        self._collection_id = collection_id
        self._interval = poll_interval
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._open: dict[str, float] = {}
        self._unlisted: set[str] = set()
        self._known: dict[str, Operation] = {}
        self._looked = -float("inf")
        self._failure: TransientError | None = None

    def expect(self, operation: Operation) -> None:
        """Include an operation in the looks from now on."""
        with self._lock:
            self._open.setdefault(operation.id, self._clock())

    def wait(self, operation_id: str, meanwhile: Callable[[], None] = lambda: None) -> Operation:
        """Block until the operation has ended, however it did; `Pending` is not an end.

        Args:
            meanwhile: called between two looks, such as to keep ingestion sources valid.

        Raises:
            OperationTimeout: it had not ended when the time was over.
            Stopped: this process is asked to stop.
            TransientError: the GeoCatalog could not be asked.
        """
        with self._lock:
            deadline = self._open.setdefault(operation_id, self._clock()) + self._timeout
        while True:
            operation = self._newest(operation_id)
            if operation.has_ended:
                with self._lock:
                    self._open.pop(operation_id, None)
                    self._unlisted.discard(operation_id)
                    self._known.pop(operation_id, None)
                return operation
            if self._clock() + self._interval > deadline:
                raise OperationTimeout(
                    f"Operation {operation_id} is still {operation.status} after {self._timeout:.0f} seconds."
                    " It may yet end: run the same request again later, or raise GEOCATALOG_OPERATION_TIMEOUT."
                )
            meanwhile()
            self._sleep(self._interval)
            if STOPPING.is_set():
                raise Stopped(f"Stopped while operation {operation_id} was {operation.status}: it goes on by itself.")

    def _newest(self, operation_id: str) -> Operation:
        with self._lock:
            self._open.setdefault(operation_id, self._clock())  # another thread that waited for it may have let it go
            known = self._known.get(operation_id)
            if known is not None and (known.has_ended or self._clock() - self._looked < self._interval):
                return known
            if self._failure and self._clock() - self._looked < self._interval:
                raise TransientError(str(self._failure)) from self._failure
            self._look()
            if operation_id in self._unlisted:
                self._known[operation_id] = self._ingestion.get_operation(operation_id)
            return self._known[operation_id]

    def _look(self) -> None:
        """Look at the open operations; a look that fails counts for all that wait: it may have taken minutes."""
        self._failure = None
        try:
            self._read_list()
        except TransientError as error:
            self._failure = error
            raise
        finally:
            self._looked = self._clock()

    def _read_list(self) -> None:
        """Read the list, newest first, until all open operations have been seen."""
        ended = {id_ for id_, operation in self._known.items() if operation.has_ended}
        missing = set(self._open) - ended - self._unlisted
        pages = self._ingestion.list_operations(self._collection_id) if missing else iter(())
        for page in pages:
            self._known.update({operation.id: operation for operation in page if operation.id in self._open})
            missing.difference_update(operation.id for operation in page)
            if not missing:
                break
        self._unlisted |= missing
