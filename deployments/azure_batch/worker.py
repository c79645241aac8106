"""The worker of type `azure-batch`: `prefect worker start --pool NAME --type azure-batch`."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import anyio
import anyio.abc
import httpx
from anyio import to_thread
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import InfrastructureNotAvailable, InfrastructureNotFound, PrefectException
from prefect.workers.base import BaseWorker, BaseWorkerResult
from pydantic import ValidationError

from clients.azure_batch import AzureBatch
from deployments.azure_batch.configuration import AzureBatchConfiguration
from deployments.azure_batch.connect import open_account
from deployments.azure_batch.form import AzureBatchVariables
from deployments.azure_batch.runs import Orphan, cancelled_among, give_state, orphans, settle, told_if_away
from deployments.azure_batch.submission import submit
from deployments.azure_batch.takeover import next_step, tasks_of_run
from deployments.azure_batch.verdict import Ended
from deployments.azure_batch.watch import Watch, Watched
from models.errors import GeoCatalogFlowsError, NotFoundError, TransientError
from models.redact import redact
from settings import get_sign_in

SUBMITTERS = 4
"""Flow runs submitted at once. Each takes three requests to Batch and a dozen to Prefect, whose API on SQLite answers
503 to hundreds at once: of 300 submitted together, 7 crashed so."""
TAKEOVER_SECONDS = 15.0
"""Between two looks for runs that another worker, or an earlier life of this one, left behind."""

AWAY_SECONDS = 5.0
"""Between two attempts while the Prefect API is away; its client has repeated the request for some seconds then."""
T = TypeVar("T")


class AzureBatchWorkerResult(BaseWorkerResult):
    """How a Batch task ended."""


class AzureBatchWorker(BaseWorker[AzureBatchConfiguration, AzureBatchVariables, AzureBatchWorkerResult]):
    """Runs each flow run as one task of a Batch job, and looks after it until it has ended."""

    type = "azure-batch"
    job_configuration = AzureBatchConfiguration
    job_configuration_variables = AzureBatchVariables
    _description = "Run flows as tasks of an Azure Batch pool, with the pool's managed identity."
    _display_name: ClassVar[str] = "Azure Batch"

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._accounts: dict[str, AzureBatch] = {}
        self._submissions = anyio.Semaphore(SUBMITTERS)
        self._leaves_runs = False
        self._watch = Watch(self._cancelled, self._logger.warning)
        self._hindrances: dict[UUID, str] = {}

    async def start(
        self, run_once: bool = False, with_healthcheck: bool = False, printer: Callable[..., None] = print
    ) -> None:
        """Start the worker. Unless `run_once`, runs go on without it when it stops: another takes them over."""
        self._leaves_runs = not run_once
        await super().start(run_once=run_once, with_healthcheck=with_healthcheck, printer=printer)

    async def setup(self) -> None:
        """Begin to look after runs.

        Raises:
            SettingsMissing: a setting of the sign-in is wrong.
        """
        get_sign_in()  # brings .env into the environment, whose settings nodes get, before the first run is prepared
        await super().setup()
        self._background = anyio.CancelScope()
        assert self._runs_task_group is not None  # noqa: S101 - for the type checker
        self._runs_task_group.start_soon(self._look_after_runs)

    async def teardown(self, *exc_info: Any) -> None:
        """Stop looking after runs; what runs at Batch goes on."""
        if self._runs_task_group is not None and self._leaves_runs:
            if len(self._watch):
                self._logger.info("%s runs go on at Azure Batch; the next worker takes them over.", len(self._watch))
            self._runs_task_group.cancel_scope.cancel()
        elif self._runs_task_group is not None:
            await self._until_nothing_runs()
        self._background.cancel()
        await super().teardown(*exc_info)

    async def run(
        self,
        flow_run: FlowRun,
        configuration: AzureBatchConfiguration,
        task_status: anyio.abc.TaskStatus[Any] | None = None,
    ) -> AzureBatchWorkerResult:
        """Submit a flow run, and look after it until its Batch task has ended.

        Raises:
            GeoCatalogFlowsError: it could not be submitted; the message says why and what to do.
        """
        batch = self._account(configuration.batch_account_url)
        say = self.get_flow_run_logger(flow_run).info
        submitted = await to_thread.run_sync(
            submit, batch, configuration, str(flow_run.id), flow_run.run_count,
            abandon_on_cancel=True,
        )  # fmt: skip
        watched = Watched(flow_run.id, batch, submitted.job_id, submitted.task_id, configuration, say)
        watched.attempt = (0, 0) if submitted.is_new else None
        say(f"Batch task {submitted.task_id} of job {submitted.job_id}" + ("" if submitted.is_new else " (was there)"))
        self._watch.add(watched)
        if task_status is not None:
            task_status.started(watched.identifier)
        return await self._follow(watched)

    async def _submit_run(self, flow_run: FlowRun) -> None:
        """Submit a flow run, when its turn has come; returns when it is at Batch."""
        async with self._submissions:
            await super()._submit_run(flow_run)

    async def kill_infrastructure(
        self, infrastructure_pid: str, configuration: AzureBatchConfiguration, grace_seconds: int = 30
    ) -> None:
        """End the Batch task of a flow run, at once: Batch knows no grace.

        Raises:
            InfrastructureNotFound: it has ended, or does not exist.
            InfrastructureNotAvailable: Batch does not let us, or not now.
        """
        job_id, _, task_id = infrastructure_pid.partition(":")
        batch = self._account(configuration.batch_account_url)
        try:
            was_open = await to_thread.run_sync(batch.terminate_task, job_id, task_id, abandon_on_cancel=True)
        except NotFoundError as error:
            raise InfrastructureNotFound(str(error)) from None
        except GeoCatalogFlowsError as error:
            raise InfrastructureNotAvailable(str(error)) from None
        if not was_open:
            raise InfrastructureNotFound(f"The Batch task {infrastructure_pid} has ended.")

    def _account(self, url: str) -> AzureBatch:
        if url not in self._accounts:
            self._accounts[url] = open_account(url)
        return self._accounts[url]

    async def _cancelled(self, run_ids: list[UUID]) -> set[UUID]:
        with told_if_away():
            return await cancelled_among(self.client, run_ids)

    async def _follow(self, watched: Watched) -> AzureBatchWorkerResult:
        await watched.has_ended.wait()
        assert watched.ending is not None  # noqa: S101 - for the type checker
        state = await self._settle(watched, watched.ending)
        self._watch.forget(watched)
        if state is None:
            # the run has its state, or is in a later attempt: another code than 0 would make Prefect crash that one
            return AzureBatchWorkerResult(identifier=watched.identifier, status_code=0)
        watched.say(f"Reported as {state.name}: {state.message}")
        # a state that was given here is final: Prefect's own, without a reason, must not replace it
        code = 0 if watched.ending.reason is None else watched.ending.exit_code
        return AzureBatchWorkerResult(identifier=watched.identifier, status_code=code)

    async def _settle(self, watched: Watched, ending: Ended) -> State | None:
        return await self._patiently(
            partial(settle, self.client, watched.run_id, watched.task_id, ending, watched.stopping)
        )

    async def _give_worker_labels_to_flow_run(self, flow_run_id: UUID) -> None:
        """Note that this worker looks after a flow run. That Prefect is busy just then must not crash the run."""
        await self._patiently(partial(super()._give_worker_labels_to_flow_run, flow_run_id))

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat a call for as long as the Prefect API is away."""
        while True:
            try:
                with told_if_away():
                    return await call()
            except TransientError as error:
                self._logger.warning("%s It is asked again in %s s.", error, AWAY_SECONDS)
            await anyio.sleep(AWAY_SECONDS)

    async def _look_after_runs(self) -> None:
        with self._background:
            async with anyio.create_task_group() as loops:
                loops.start_soon(self._watch.run)
                loops.start_soon(self._take_over_runs)

    async def _until_nothing_runs(self) -> None:
        while self._submitting_flow_run_ids or len(self._watch):
            await anyio.sleep(0.1)

    async def _take_over_runs(self) -> None:
        while True:
            for orphan in await self._orphans():
                if orphan.run.id not in self._watch and orphan.run.id not in self._submitting_flow_run_ids:
                    await self._try_to_take_over(orphan)
            await anyio.sleep(TAKEOVER_SECONDS)

    async def _orphans(self) -> list[Orphan]:
        try:
            with told_if_away():
                return await orphans(self.client, self._work_pool_name, self.name)
        except (GeoCatalogFlowsError, httpx.HTTPError, PrefectException) as error:
            self._logger.warning("Runs that were left behind cannot be looked for now: %s", error)
            return []

    async def _try_to_take_over(self, orphan: Orphan) -> None:
        """Take a run over; of what hinders it, warn once."""
        run = orphan.run
        try:
            with told_if_away():
                await self._take_over(orphan)
            self._hindrances.pop(run.id, None)
        except Exception as error:
            # of variables and templates that users wrote, Prefect raises anything; no run may end the worker
            reason = _in_words(error)
            if self._hindrances.get(run.id) != reason:
                self._logger.warning("Run %r (%s) cannot be taken over now: %s", run.name, run.id, reason)
            self._hindrances[run.id] = reason

    async def _take_over(self, orphan: Orphan) -> None:
        run = orphan.run
        configuration = await self.job_configuration.resolve_for_flow_run(
            run, client=self.client, work_pool=self.work_pool, worker_name=self.name, worker_id=self.backend_id
        )
        batch = self._account(configuration.batch_account_url)
        tasks = await to_thread.run_sync(tasks_of_run, batch, str(configuration.job_id), run, abandon_on_cancel=True)
        step = next_step(orphan, tasks)
        if isinstance(step, State):
            await give_state(self.client, run, step)
        elif step is not None:
            await self._look_after(run, batch, step, configuration)

    async def _look_after(
        self, run: FlowRun, batch: AzureBatch, identifier: str, configuration: AzureBatchConfiguration
    ) -> None:
        job_id, _, task_id = identifier.partition(":")
        say = self.get_flow_run_logger(run).info
        say(f"Worker {self.name!r} takes over the Batch task {task_id}; its output follows from the beginning.")
        await self._give_worker_labels_to_flow_run(run.id)
        if run.infrastructure_pid != identifier:
            await self.client.update_flow_run(run.id, infrastructure_pid=identifier)
        watched = Watched(run.id, batch, job_id, task_id, configuration, say)
        self._watch.add(watched)
        assert self._runs_task_group is not None  # noqa: S101 - for the type checker
        self._runs_task_group.start_soon(partial(self._follow, watched))


def _in_words(error: Exception) -> str:
    """Return an error without what the user filled in: a form's values may hold secrets."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return redact(f"{error or type(error).__name__}")
