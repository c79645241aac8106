"""Room on the disk for products at work: who comes when there is none, waits until another has left."""

import threading
from collections import deque
from collections.abc import Callable

from models.errors import Stopped
from tasks.operation_watch import STOPPING

LOOK = 1.0
"""Seconds between two looks whether the process is asked to stop."""


class Room:
    """So many bytes, given out in the order in which they are asked for; safe to share between threads.

    Args:
        capacity: bytes.
        make_room: is asked for bytes that are missing, before anybody waits for them; returns how many became free.
    """

    def __init__(
        self,
        capacity: int,
        make_room: Callable[[int], int] = lambda missing: 0,
        stopping: Callable[[], bool] = STOPPING.is_set,
    ) -> None:
        self._left = capacity
        self._make_room = make_room
        self._inside: dict[str, int] = {}
        self._queue: deque[str] = deque()
        self._stopping = stopping
        self._is_closed = False
        self._changed = threading.Condition()

    def enter(self, who: str, needed: int, here: int = 0) -> None:
        """Take so many bytes; wait for them as long as others are inside.

        One who is alone gets in, however many he needs: whether the disk has them is for the download to find out. One
        who is inside stays so.

        Args:
            here: of the bytes, those that are on the disk already, and so are not of the room.

        Raises:
            Stopped: the process is asked to stop, or nobody is let in any longer.
        """
        with self._changed:
            if who in self._inside:
                return
            self._queue.append(who)
            try:
                while not self._may_enter(who, needed - here):
                    if self._is_closed or self._stopping():
                        raise Stopped(f"Stopped while {who} waited for room on the disk.")
                    self._changed.wait(LOOK)
                self._inside[who] = needed
                self._left -= needed - here
            finally:
                self._queue.remove(who)
                self._changed.notify_all()

    def leave(self, who: str, kept: int = 0) -> None:
        """Give the bytes back, but those of files that stay; one who is not inside leaves nothing."""
        with self._changed:
            self._left += max(self._inside.pop(who, kept) - kept, 0)
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody in any longer: those who wait would wait for ever, once nobody records that others left."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _may_enter(self, who: str, needed: int) -> bool:
        if self._queue[0] != who:
            return False
        if needed > self._left:
            self._left += self._make_room(needed - self._left)
        return needed <= self._left or not self._inside
