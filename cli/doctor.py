"""`geocatalog doctor`: check one by one what a run needs, and say what is wrong."""

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.markup import escape

from cli.prefect_api import prepare_prefect, require_prefect_api
from models.errors import GeoCatalogFlowsError

Check = tuple[str, Callable[[], str]]
_NEEDS = {"Role": "GeoCatalog URL and sign-in", "SAS token of the source": "Source catalog"}
"""Checks that would only repeat what an earlier one said."""


def doctor(source_collection: str, *, azure_batch: bool = False) -> int:
    """Run all checks; return 0 if all are well, else 1.

    Args:
        azure_batch: check also what flow runs on Azure Batch need.
    """
    prepare_prefect()
    console = Console(highlight=False, soft_wrap=True)
    failed: list[str] = []
    wanted = checks(source_collection) + (_batch_checks() if azure_batch else [])
    for name, check in wanted:
        if _NEEDS.get(name) in failed:
            console.print(f"[yellow]-[/] {name}: not asked, since the check above failed")
            continue
        try:
            console.print(f"[green]✓[/] {name}: {escape(check())}")
        except GeoCatalogFlowsError as error:
            failed.append(name)
            console.print(f"[red]✗[/] {name}: {escape(str(error))}")
            if name == "Settings":
                break
    console.print(f"\n[red]{len(failed)} to mend.[/]" if failed else "\n[green]All is well.[/]")
    return 1 if failed else 0


def _batch_checks() -> list[Check]:
    from cli.doctor_batch import batch_checks  # needs an extra

    return batch_checks()


def checks(source_collection: str) -> list[Check]:
    """Return the checks by name; each returns what is well, or raises with what is wrong and how to mend it."""
    return [
        ("Settings", _settings),
        ("GeoCatalog URL and sign-in", _catalog),
        ("Role", _role),
        ("Source catalog", lambda: _source(source_collection)),
        ("SAS token of the source", lambda: _sas(source_collection)),
        ("Ledger", _ledger),
        ("Prefect API", require_prefect_api),
    ]


def _settings() -> str:
    from settings import get_settings

    settings = get_settings()
    return f"{settings.url}, api-version {settings.api_version}, credential {settings.credential}"


def _catalog() -> str:
    from tasks.check import require_catalog_page
    from tasks.connect import geocatalog

    page: dict[str, Any] = require_catalog_page(geocatalog())
    return f"it answers as {page.get('id')!r}"


def _role() -> str:
    from tasks.connect import geocatalog

    geocatalog().ingestion.require_write_access()
    return "the signed-in identity may write"


def _source(collection_id: str) -> str:
    from tasks.connect import planetary_computer

    return f"it has {planetary_computer().get_collection(collection_id).get('title', collection_id)}"


def _sas(collection_id: str) -> str:
    from tasks.connect import planetary_computer

    return f"one that runs out at {planetary_computer().get_token(collection_id).expiry:%Y-%m-%d %H:%M} UTC"


def _ledger() -> str:
    from tasks.ledger import ledger

    return f"it is {ledger().place}"
