"""`geocatalog ledger`: what the ledger knows of runs and Items."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ledger.ledger import Ledger
from ledger.tables import Row, failed_rows, failure_rows, history_rows, open_rows, run_rows, state_rows
from models.errors import InvalidRequest

MAX_ROWS = 30
"""Rows of a table on a terminal."""
_UNBROKEN = ("at", "started", "since", "took", "state", "class")
"""Columns that are not folded: short ones, of which half says nothing."""


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


def table_of(title: str, rows: list[Row]) -> Table:
    """Return rows, which have equal keys, as a table; columns without any content are left out."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    names = [name for name in rows[0] if any(row[name] != "" for row in rows)]
    for name in names:
        is_count = isinstance(rows[0][name], int)
        table.add_column(name, justify="right" if is_count else "left", no_wrap=name in _UNBROKEN, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(row[name])) for name in names))
    return table


def _print(console: Console, title: str, rows: list[Row]) -> None:
    console.print(table_of(title, rows) if rows else f"[bold]{title}[/]: none")


def _print_item(console: Console, ledger: Ledger, collection_id: str | None, item_id: str) -> None:
    if collection_id is None:
        raise InvalidRequest("--item-id needs --collection-id: ids of Items are unique in their Collection only.")
    rows = history_rows(ledger, collection_id, item_id)
    if not rows:
        raise InvalidRequest(f"The ledger knows no Item {item_id} in the Collection {collection_id}.")
    console.print(table_of(f"{item_id} (times in UTC)", rows))
    letter = ledger.dead_letter(collection_id, item_id)
    if letter:
        console.print(
            f"Given up: {escape(letter.failure.code)}. Its JSON is kept; {letter.method} {escape(letter.path)} sends it"
            " again.",
            soft_wrap=True,
        )
