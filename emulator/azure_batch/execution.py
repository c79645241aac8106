"""One attempt of a node at a task: prepare, start its process, wait, and say how it ended."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from emulator.azure_batch.config import BatchConfig
from emulator.azure_batch.processes import kill_processes, start_process
from emulator.azure_batch.records import Node, Task
from emulator.azure_batch.transfers import TransferFailed, fetch_resource_files, upload_output_files
from emulator.json_types import JsonDict

Reason = Literal["terminated", "lost"]
_DURATION = TypeAdapter(timedelta)


@dataclass(frozen=True)
class Ending:
    """How an attempt ended.

    Attributes:
        exit_code: None if no process ended by itself.
        failure: `failureInfo` of the task; None is success.
        lost: the node went away: the attempt counts for nothing.
    """

    exit_code: int | None = None
    failure: JsonDict | None = None
    lost: bool = False


def failure_info(code: str, message: str, category: str = "usererror", **details: str) -> JsonDict:
    """Return a `failureInfo`."""
    listed = [{"name": name, "value": value} for name, value in details.items()]
    return {"category": category, "code": code, "message": message, "details": listed}


class Execution(threading.Thread):
    """Runs a task once on a node.

    Args:
        environment: variables of the process.
        on_running: called when the process has started.
        on_end: called at the end, by this thread.
    """

    def __init__(
        self,
        task: Task,
        node: Node,
        config: BatchConfig,
        environment: dict[str, str],
        on_running: Callable[["Execution"], None],
        on_end: Callable[["Execution", Ending], None],
    ) -> None:
        super().__init__(name=f"{task.job.id}/{task.id}", daemon=True)
        self.task = task
        self.node = node
        self._config = config
        self._environment = environment
        self._on_running = on_running
        self._on_end = on_end
        self._told = threading.Event()
        self._reason: Reason | None = None
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def stop(self, why: Reason) -> None:
        """Kill what runs; the first reason counts."""
        with self._lock:
            self._reason = self._reason or why
            self._told.set()
            process = self._process
        if process is not None:
            kill_processes(process, str(self.task.folder))

    def run(self) -> None:
        """Make the attempt."""
        ending = self._attempt()
        if self._reason == "lost":
            shutil.rmtree(self.task.folder, ignore_errors=True)  # the node's disk is gone with it
            ending = Ending(lost=True)
        elif self._reason == "terminated":
            ending = Ending(ending.exit_code, failure_info("TaskEnded", "Task Was Ended by User Request"))
        self._on_end(self, ending)

    def _attempt(self) -> Ending:
        work = self.task.folder / "wd"
        shutil.rmtree(self.task.folder, ignore_errors=True)
        work.mkdir(parents=True)
        if unavailable := self._missing_image():
            return unavailable
        if self._told.wait(self._config.prepare_seconds):
            return Ending()
        try:
            fetch_resource_files(self.task.body, work, self._environment)
            return self._run_process(work)
        except TransferFailed as error:
            return Ending(failure=failure_info(error.code, str(error), FilePath=error.path))
        except (OSError, ValueError) as error:
            why = str(error) or type(error).__name__
            return Ending(
                failure=failure_info(
                    "CommandProgramNotFound", "The specified command program is not found", Message=why
                )
            )

    def _missing_image(self) -> Ending | None:
        image = (self.task.body.get("containerSettings") or {}).get("imageName")
        if image is None or self._config.images is None or image in self._config.images:
            return None
        message = "One or more container images specified on the task are invalid"
        why = f"Failed to pull image {image}: manifest unknown"
        return Ending(failure=failure_info("ContainerInvalidImage", message, Message=why))

    def _run_process(self, work: Path) -> Ending:
        with self._lock:
            if self._reason:
                return Ending()
            command = self.task.body["commandLine"]
            self._process = start_process(command, self._environment, work, self.task.folder)
        self._on_running(self)
        ending = self._wait(self._process)
        with suppress(TransferFailed):  # the service uploads as well as it can after a task has failed
            try:
                upload_output_files(self.task.body, work, ending.failure is None, self._environment)
            except TransferFailed as error:
                if ending.failure is None:
                    return Ending(ending.exit_code, failure_info(error.code, str(error), FilePath=error.path))
                raise
        return ending

    def _wait(self, process: "subprocess.Popen[bytes]") -> Ending:
        limit = self.task.constraints.get("maxWallClockTime")
        seconds = _DURATION.validate_python(limit).total_seconds() if limit else None
        try:
            code = process.wait(min(seconds, threading.TIMEOUT_MAX) if seconds else None)
        except subprocess.TimeoutExpired:
            kill_processes(process, str(self.task.folder))
            message = "The task exceeded its maximum wall clock time"
            return Ending(process.wait(), failure_info("TaskEnded", message, maxWallClockTime=str(limit)))
        kill_processes(process, str(self.task.folder))  # a node ends with the task what the task left behind
        if code == 0:
            return Ending(0)
        message = "The task exited with an exit code representing a failure"
        detail = "The task process exited with an unexpected exit code"
        return Ending(code, failure_info("FailureExitCode", message, Message=detail))


def node_environment(task: Task, node: Node, account: str, url: str, root: Path) -> dict[str, str]:
    """Return the variables of a task's process: those of the service, its job's and its own; none of ours.

    The programs that a container image would bring are those of this Python environment.
    """
    settings = [*(task.job.body.get("commonEnvironmentSettings") or []), *(task.body.get("environmentSettings") or [])]
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}:/usr/local/bin",
        "HOME": str(task.folder / "wd"),
        "LANG": "C.UTF-8",
        "AZ_BATCH_ACCOUNT_NAME": account,
        "AZ_BATCH_ACCOUNT_URL": url,
        "AZ_BATCH_POOL_ID": node.pool.id,
        "AZ_BATCH_NODE_ID": node.id,
        "AZ_BATCH_NODE_IS_DEDICATED": "true",
        "AZ_BATCH_NODE_ROOT_DIR": str(root / "nodes" / node.pool.id / node.id),
        "AZ_BATCH_NODE_SHARED_DIR": str(root / "nodes" / node.pool.id / node.id / "shared"),
        "AZ_BATCH_JOB_ID": task.job.id,
        "AZ_BATCH_TASK_ID": task.id,
        "AZ_BATCH_TASK_DIR": str(task.folder),
        "AZ_BATCH_TASK_WORKING_DIR": str(task.folder / "wd"),
        # azure-identity asks here for what it asks 169.254.169.254 on a node of Azure
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": f"{url}/pools/{node.pool.id}/identity",
        **{setting["name"]: setting.get("value") or "" for setting in settings},
    }
