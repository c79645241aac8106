"""Wires the routers of the stand-in into one application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from emulator.azure_batch import control, file_routes, imds, job_routes, pool_routes, task_routes
from emulator.azure_batch.account import Account
from emulator.azure_batch.errors import BatchError, answer_batch_error
from emulator.azure_batch.scheduler import Scheduler


def create_app(account: Account, scheduler: Scheduler) -> FastAPI:
    """Return the application that serves one account; when it shuts down, it ends what runs on the nodes."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        scheduler.start()
        yield
        await run_in_threadpool(scheduler.stop)

    app = FastAPI(
        title="Azure Batch stand-in", docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan
    )
    app.state.account = account
    app.add_exception_handler(BatchError, answer_batch_error)
    for module in (control, imds, pool_routes, file_routes, task_routes, job_routes):
        app.include_router(module.router)
    return app
