"""States of a run."""

from enum import StrEnum


class RunState(StrEnum):
    """What became of a run."""

    RUNNING = "running"
    """Not ended. If its process no longer says that it is alive, it was killed."""
    COMPLETED = "completed"
    """It ended, and all is as requested."""
    FAILED = "failed"
    """It ended, and something is not as requested."""
    CANCELLED = "cancelled"
    """Somebody stopped it."""
