"""Threads of task runs that heed SIGTERM: Prefect lets them work on until they have ended by themselves."""

from types import TracebackType
from typing import Any

from prefect.exceptions import TerminationSignal
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from tasks.operation_watch import STOPPING


class _Threads(ThreadPoolTaskRunner[Any]):
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, TerminationSignal):
            STOPPING.set()
        super().__exit__(kind, error, traceback)


def threads(most: int) -> TaskRunner[PrefectFuture[Any]]:
    """Return a thread pool whose task runs wait for nothing any longer once the process is told to end.

    A flow run that is cancelled in the UI, `make down`, and a container that is stopped all send SIGTERM, which Prefect
    raises in the flow alone.

    Args:
        most: task runs at once.
    """
    return _Threads(max_workers=most)  # type: ignore[return-value]  # Prefect asks for futures of any type
