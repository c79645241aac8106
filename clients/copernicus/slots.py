"""At most so many connections at once, over all processes of a machine.

A slot is a lock on a file: the system frees it when a process is killed.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

POLL = 0.05
"""Seconds between two looks for a free slot; a transfer takes seconds to minutes."""


class MachineSlots:
    """A number of slots that threads and processes share.

    Args:
        folder: where the lock files are; all processes that share the slots name the same.
        count: number of slots.
    """

    def __init__(self, folder: Path, count: int, sleep: Callable[[float], None] = time.sleep) -> None:
        self._paths = [folder / f"connection-{number}.lock" for number in range(count)]
        self._mine = threading.BoundedSemaphore(count)
        self._sleep = sleep

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold a slot; wait for one as long as it takes."""
        with self._mine:  # so that no more threads of this process than there are slots look for one
            lock = self._taken()
            try:
                yield
            finally:
                lock.release()

    def _taken(self) -> FileLock:
        self._paths[0].parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            for path in self._paths:
                lock = FileLock(path, timeout=0, thread_local=False, mode=0o600)
                try:
                    lock.acquire()
                except Timeout:
                    continue
                return lock
            self._sleep(POLL)
