"""`geocatalog ledger`: what the ledger knows of runs and Items."""

from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.markup import escape

from cli.layout import brief, lines_of
from ledger.ledger import Ledger
from ledger.product_rows import given_up_rows, product_state_rows
from ledger.tables import Row, failed_rows, failure_rows, history_rows, open_rows, run_rows, state_rows
from models.errors import InvalidRequest

MAX_ROWS = 30
"""Rows of a table on a terminal."""


def run_ledger(
    collection_id: str | None, item_id: str | None, *, failures: bool, runs: bool, prune_days: int | None
) -> int:
    """Print the ledger, or forget old history; return the exit code.

    Raises:
        InvalidRequest: as of `show_ledger`.
        LedgerUnusable: the ledger cannot be opened.
    """
    if prune_days is not None:
        return prune_ledger(prune_days)
    return show_ledger(collection_id, item_id, failures=failures, runs=runs)


def show_ledger(collection_id: str | None, item_id: str | None, *, failures: bool, runs: bool) -> int:
    """Print the ledger, or the parts of it that are asked for; return the exit code.

    Raises:
        InvalidRequest: the ledger does not know the Item, or the Item's Collection is not named.
        LedgerUnusable: the ledger cannot be opened.
    """
    from tasks.ledger import ledger

    console = Console(highlight=False)
    opened = ledger()
    if item_id is not None:
        _print_item(console, opened, collection_id, item_id)
        return 0
    everything = not (failures or runs)
    if runs or everything:
        _print(console, "Runs, newest first (times in UTC)", run_rows(opened, collection_id, MAX_ROWS))
    if everything:
        _print(console, "Items", state_rows(opened, collection_id))
        _print(console, "Open Items", open_rows(opened, collection_id, MAX_ROWS))
    if failures or everything:
        _print(console, "Failures by cause", failure_rows(opened, collection_id))
    if failures:
        _print(console, "Failed Items", failed_rows(opened, collection_id, MAX_ROWS))
    return 0


def show_downloads(collection_id: str | None) -> int:
    """Print runs that downloaded Copernicus products, and the products that were given up; return the exit code.

    Args:
        collection_id: Collection of the Copernicus catalogue; None: all.

    Raises:
        LedgerUnusable: the ledger cannot be opened.
    """
    from tasks.ledger import copernicus_ledger

    console, opened = Console(highlight=False), copernicus_ledger()
    _print(console, "Runs, newest first (times in UTC)", run_rows(opened, collection_id, MAX_ROWS))
    _print(console, "Products", product_state_rows(opened, collection_id))
    _print(console, "Products that were given up", given_up_rows(opened, collection_id, MAX_ROWS))
    return 0


def prune_ledger(days: int) -> int:
    """Delete old history of settled Items and say how much it was; return the exit code.

    Raises:
        LedgerUnusable: the ledger cannot be opened.
    """
    from tasks.ledger import ledger

    deleted = ledger().prune(datetime.now(UTC) - timedelta(days=days))
    Console(highlight=False).print(f"{deleted:,} changes of proven and removed Items deleted, older than {days} days.")
    return 0


def _print(console: Console, title: str, rows: list[Row]) -> None:
    """Print a table: as wide as the terminal, with short ids and times; in full where it goes to a file or a pipe."""
    if not rows:
        console.print(f"[bold]{escape(title)}[/]: none\n")
        return
    to_terminal = console.is_terminal
    rows = brief(rows, datetime.now(UTC)) if to_terminal else rows
    head, *lines = lines_of(rows, console.width if to_terminal else None)
    text = "\n".join(escape(line) for line in lines)
    console.print(f"[bold]{escape(title)}[/]\n[underline]{escape(head)}[/]\n{text}\n", soft_wrap=True)


def _print_item(console: Console, ledger: Ledger, collection_id: str | None, item_id: str) -> None:
    if collection_id is None:
        raise InvalidRequest("--item-id needs --collection-id: ids of Items are unique in their Collection only.")
    rows = history_rows(ledger, collection_id, item_id)
    if not rows:
        raise InvalidRequest(f"The ledger knows no Item {item_id} in the Collection {collection_id}.")
    _print(console, f"{item_id} (times in UTC)", rows)
    letter = ledger.dead_letter(collection_id, item_id)
    if letter:
        again = f"geocatalog rerun-failed --collection-id {collection_id} --dead-letters"
        console.print(
            f"Given up: {escape(letter.failure.code)}. Its JSON is kept;"
            f" {letter.method} {escape(letter.path)} sends it again, and so does {escape(again)}.",
            soft_wrap=True,
        )
