"""The data plane of one Batch account.

Source of what is stated here: the reference of the Batch REST API, 2025-06-01, and azure-batch 15.1.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from azure.batch import BatchClient
from azure.batch import models as bm
from azure.batch.models._models import BatchJobTerminateOptions
from azure.core.credentials import AccessToken

from clients.azure_batch.access import RETRIES, BearerPolicy, told_clearly
from clients.azure_batch.views import BatchTaskView, PoolView, TaskCounts, text_of, view_of_pool, view_of_task
from clients.tokens import TokenProvider
from models.errors import ConflictError, NotFoundError, RefusedError, TransientError

COLLECTION = 100
"""Batch tasks in one request, at most (the service's limit; it also has one of 1 MB)."""
SELECTED = ["id", "state", "stateTransitionTime", "executionInfo", "nodeInfo"]
"""Not among them: the environment, which is long."""


class AzureBatch:
    """One account; safe to share between threads.

    Every method raises TransientError, CredentialsError or RefusedError as `access.told_clearly` says; those below are
    the ones that a caller may want to tell apart.

    Args:
        url: of the account, such as https://ACCOUNT.REGION.batch.azure.com.
        tokens: for the scope `access.SCOPE`.
    """

    def __init__(self, url: str, tokens: TokenProvider) -> None:
        self.url = url.rstrip("/")
        policy = BearerPolicy(tokens)
        self._sdk = BatchClient(self.url, _Unused(), authentication_policy=policy, **RETRIES)

    def get_pool(self, pool_id: str) -> PoolView:
        """Return a pool.

        Raises:
            NotFoundError: there is none of this id.
        """
        with told_clearly(self.url):
            return view_of_pool(self._sdk.get_pool(pool_id))

    def ensure_job(
        self,
        job_id: str,
        pool_id: str,
        environment: dict[str, str] | None = None,
        longest: timedelta | None = None,
    ) -> None:
        """Create a job, unless it exists. It stays active when its Batch tasks have ended.

        Args:
            job_id: 1 to 64 letters, digits, - and _.
            pool_id: the service does not check that it exists: look first.
            environment: variables of all its Batch tasks; readable by whoever may read the job.
            longest: after so long the service ends it; None: never.

        Raises:
            ConflictError: it exists for another pool, or has ended; or the account's quota of active jobs is reached.
        """
        settings = [bm.EnvironmentSetting(name=name, value=value) for name, value in (environment or {}).items()]
        job = bm.BatchJobCreateOptions(
            id=job_id,
            pool_info=bm.BatchPoolInfo(pool_id=pool_id),
            all_tasks_complete_mode=bm.BatchAllTasksCompleteMode.NO_ACTION,
            common_environment_settings=settings or None,
            constraints=bm.BatchJobConstraints(max_wall_clock_time=longest) if longest else None,
        )
        try:
            with told_clearly(self.url):
                self._sdk.create_job(job)
        except ConflictError as error:
            if error.code != "JobExists":
                raise
            self._require_usable(job_id, pool_id)

    def _require_usable(self, job_id: str, pool_id: str) -> None:
        with told_clearly(self.url):
            job = self._sdk.get_job(job_id, select=["state", "poolInfo"])
        if job.pool_info.pool_id != pool_id:
            raise ConflictError(
                f"The Batch job {job_id} is of pool {job.pool_info.pool_id}, not {pool_id}: choose another job id.", 409
            )
        if (state := text_of(job.state)) != "active":
            raise ConflictError(
                f"The Batch job {job_id} is {state} and takes no tasks: choose another job id, or delete it.",
                409,
            )

    def add_task(self, job_id: str, task: bm.BatchTaskCreateOptions) -> bool:
        """Add a Batch task; tell whether it was not there before.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: the job has ended.
        """
        try:
            with told_clearly(self.url):
                self._sdk.create_task(job_id, task)
        except ConflictError as error:
            if error.code != "TaskExists":
                raise
            return False
        return True

    def add_tasks(self, job_id: str, tasks: Sequence[bm.BatchTaskCreateOptions]) -> int:
        """Add Batch tasks, 100 in a request; return how many were not there before.

        The SDK's own `create_tasks` repeats for ever while the service answers 5xx.

        Raises:
            RefusedError: one was refused; those before it are added, and adding all again adds the others.
        """
        added = 0
        for start in range(0, len(tasks), COLLECTION):
            with told_clearly(self.url):
                group = bm.BatchTaskGroup(task_values=list(tasks[start : start + COLLECTION]))
                results = self._sdk.create_task_collection(job_id, group).result_values or []
            added += sum(_is_new(result) for result in results)
        return added

    def get_task(self, job_id: str, task_id: str) -> BatchTaskView:
        """Return a Batch task.

        Raises:
            NotFoundError: there is none of this id.
        """
        with told_clearly(self.url):
            return view_of_task(self._sdk.get_task(job_id, task_id, select=SELECTED))

    def list_tasks(self, job_id: str, condition: str | None = None) -> Iterator[BatchTaskView]:
        """Yield the Batch tasks of a job, 1,000 in a request.

        Args:
            job_id: the job.
            condition: OData filter, such as `state ne 'completed'`.
        """
        with told_clearly(self.url):
            for task in self._sdk.list_tasks(job_id, filter=condition, select=SELECTED):
                yield view_of_task(task)

    def count_tasks(self, job_id: str) -> TaskCounts:
        """Return how many Batch tasks of a job are in which state; the service may lag by some seconds."""
        with told_clearly(self.url):
            counts = self._sdk.get_job_task_counts(job_id).task_counts
        return TaskCounts(counts.active, counts.running, counts.completed, counts.succeeded, counts.failed)

    def terminate_task(self, job_id: str, task_id: str) -> bool:
        """End a Batch task; tell whether it had not ended before.

        Raises:
            NotFoundError: there is none of this id.
        """
        try:
            with told_clearly(self.url):
                self._sdk.terminate_task(job_id, task_id)
        except ConflictError as error:
            if error.code != "TaskCompleted":
                raise
            return False
        return True

    def reactivate_task(self, job_id: str, task_id: str) -> None:
        """Let a failed Batch task run again."""
        with told_clearly(self.url):
            self._sdk.reactivate_task(job_id, task_id)

    def end_job(self, job_id: str) -> None:
        """Let a job end as soon as its Batch tasks have: active jobs count against the account's quota."""
        ends = bm.BatchJobUpdateOptions(all_tasks_complete_mode=bm.BatchAllTasksCompleteMode.TERMINATE_JOB)
        with suppress(ConflictError), told_clearly(self.url):  # 409: it has ended
            self._sdk.update_job(job_id, ends)

    def terminate_job(self, job_id: str) -> None:
        """End a job and all its Batch tasks.

        Raises:
            NotFoundError: there is none of this id.
        """
        with suppress(ConflictError), told_clearly(self.url):  # 409: it has ended
            # azure-batch 15.1 fails without options, whose class it does not export
            options = BatchJobTerminateOptions(termination_reason="UserTerminate")
            self._sdk.begin_terminate_job(job_id, options=options, polling_interval=1)

    def read_file(self, job_id: str, task_id: str, name: str, start: int, most: int) -> bytes:
        """Return a part of a file of a Batch task; nothing where it is not there, or no longer than `start`.

        Args:
            job_id: the job.
            task_id: the Batch task.
            name: such as stdout.txt.
            start: first byte.
            most: bytes, at most.
        """
        end = min(self.size_of_file(job_id, task_id, name), start + most)
        if end <= start:
            return b""
        try:
            with told_clearly(self.url):
                part = f"bytes={start}-{end - 1}"
                return b"".join(self._sdk.download_task_file(job_id, task_id, name, ocp_range=part))
        except (NotFoundError, ConflictError):  # its node is gone
            return b""

    def size_of_file(self, job_id: str, task_id: str, name: str) -> int:
        """Return the size of a file of a Batch task; 0 where it is not there."""
        try:
            with told_clearly(self.url):
                properties = self._sdk.get_task_file_properties(job_id, task_id, name)
                return int(cast(Any, properties).content_length)
        except (NotFoundError, ConflictError):  # not begun yet; its node is gone
            return 0


class _Unused:
    """The SDK asks for a credential although the policy signs in."""

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        raise NotImplementedError(f"the policy signs in, not the SDK, for {scopes}")


def open_azure_batch(url: str, tokens: TokenProvider) -> AzureBatch:
    """Return the client of one account; nothing is asked of it yet."""
    return AzureBatch(url, tokens)


def _is_new(result: bm.BatchTaskCreateResult) -> bool:
    status = text_of(result.status).lower()
    code = result.error.code if result.error else ""
    if status == "success":
        return True
    if code == "TaskExists":
        return False
    message = result.error.message.value if result.error and result.error.message else ""
    if status == "servererror":
        raise TransientError(f"Azure Batch could not add the task {result.task_id} ({code}): add all of them again.")
    raise RefusedError(f"Azure Batch refused the task {result.task_id} ({code}): {message}", 400, str(code))
