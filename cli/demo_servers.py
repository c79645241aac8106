"""The servers of a demo: a new local GeoCatalog and a Prefect server, stopped at the end unless they are to be kept."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from cli.local_servers import EMULATOR_PORT, PREFECT_PORT, emulator, local_variables, point_at, prefect_server, url_of
from cli.prefect_api import deliver_records
from cli.services import Service, free_port, remember, stop_remembered

_STALE = ("geocatalog", "prefect/storage", "ledger", "copernicus", "copernicus-state")
"""Below a demo's folder: the old catalog, cached answers of it, its ledger, and files and sign-in of Copernicus."""


@contextmanager
def demo_servers(
    console: Console, folder: Path, *, keep: bool, more: Sequence[Service] = ()
) -> Iterator[tuple[str, str]]:
    """Start both, point this process at them, and yield their URLs: the GeoCatalog's, and Prefect's.

    Args:
        folder: of their state and logs; what an earlier demo left there is removed.
        keep: leave them up, if all goes well.
        more: a list to which the caller adds what it starts: it is stopped first, or left up as they are.
    """
    folder.mkdir(exist_ok=True)
    for stale in _STALE:
        shutil.rmtree(folder / stale, ignore_errors=True)
    emulator_url, prefect_url = url_of(free_port(EMULATOR_PORT)), url_of(free_port(PREFECT_PORT))
    point_at(local_variables(emulator_url, prefect_url, folder), folder)
    services = [emulator(emulator_url, folder), prefect_server(prefect_url, folder)]
    left_up = False
    try:
        with console.status("Starting the local GeoCatalog and a Prefect server (the first time, scenes are made) ..."):
            for service in services:
                service.wait_until_ready()
        console.print(f"  [green]✓[/] Local GeoCatalog {emulator_url}, Prefect {prefect_url}")
        yield emulator_url, prefect_url
        left_up = keep
    finally:
        deliver_records()
        if left_up:
            remember(_processes(folder), [*reversed(more), *services])
        else:
            for service in [*reversed(more), *services]:
                service.stop()


def stop_demo(console: Console, folder: Path, *, tell: bool) -> None:
    """Stop what an earlier demo left up.

    Args:
        tell: say what was stopped.
    """
    stopped = stop_remembered(_processes(folder))
    if tell:
        console.print(f"Stopped: {', '.join(stopped)}." if stopped else "No demo is running.")


def _processes(folder: Path) -> Path:
    return folder / "processes.json"
