"""Processes of a task: started in a session of their own, and killed with all that they started."""

import ctypes
import os
import shlex
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

MARK = "AZ_BATCH_TASK_DIR"
"""Variable that every process of a task inherits; its value is that of no other task."""
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)


def start_process(
    command_line: str, environment: dict[str, str], folder: Path, output: Path
) -> "subprocess.Popen[bytes]":
    """Start a command, without a shell.

    Args:
        command_line: arguments, quoted as in a POSIX shell.
        environment: all of its variables.
        folder: where it starts.
        output: folder of stdout.txt and stderr.txt.

    Raises:
        FileNotFoundError, PermissionError, ValueError: there is no such program, or the line cannot be split.
    """
    arguments = shlex.split(command_line)
    if not arguments:
        raise ValueError("The command line is empty")
    program = _program(arguments[0], environment)
    with (output / "stdout.txt").open("ab") as stdout, (output / "stderr.txt").open("ab") as stderr:
        return subprocess.Popen(  # noqa: S603 - what this stand-in is for
            [program, *arguments[1:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )


def kill_processes(process: "subprocess.Popen[bytes]", mark: str) -> None:
    """Kill a process and all that it has started, also what has moved to another session.

    Args:
        process: the first one; its exit is for its waiter to collect.
        mark: value of the variable `MARK` in its environment.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    while left := _marked(mark):
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        _collect(left)


def adopt_orphans() -> None:
    """Let what killed tasks leave behind become children of this process, so that it can be collected (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def _program(name: str, environment: dict[str, str]) -> str:
    """Look a program up in the PATH of the task, as a node does; Popen would use ours."""
    if "/" in name:
        return name
    for folder in environment.get("PATH", "").split(":"):
        if os.access(candidate := Path(folder) / name, os.X_OK):
            return str(candidate)
    raise FileNotFoundError(name)


def _marked(mark: str) -> list[int]:
    needle = f"{MARK}={mark}\0".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if needle in (entry / "environ").read_bytes() + b"\0":
                found.append(int(entry.name))
    return found


def _collect(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ChildProcessError):  # it is another process's child
            os.waitpid(pid, 0)
