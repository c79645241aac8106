"""Show a run on a terminal: one line a step, a progress bar, a table of outcomes."""

from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.census_report import CensusReport
from models.outcomes import ItemOutcome, ItemState
from models.reports import IngestReport

MAX_ROWS = 30
"""Rows of a table on a terminal; the artifact in the Prefect UI has more."""
_COLOUR = {ItemState.PROVEN: "green", ItemState.INGESTED: "cyan"}


class Terminal:
    """Listens to a run."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress = Progress(
            TextColumn("  [bold]{task.description}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._bar: TaskID | None = None

    def __enter__(self) -> "Terminal":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def say(self, message: str) -> None:
        """Print a step that is done."""
        self._progress.console.print(f"  [green]✓[/] {escape(message)}", highlight=False, soft_wrap=True)

    def advance(self, done: int, total: int) -> None:
        """Move the progress bar."""
        if self._bar is None:
            self._bar = self._progress.add_task("Items with an outcome", total=total)
        self._progress.update(self._bar, completed=done, total=total)


def outcome_table(outcomes: list[ItemOutcome]) -> Table:
    """Return a table of outcomes, failed Items first."""
    ordered = sorted(outcomes, key=lambda outcome: (not outcome.is_failed, outcome.item_id))
    left_out = len(ordered) - MAX_ROWS
    table = Table(caption=f"and {left_out} more" if left_out > 0 else None)
    table.add_column("Item", overflow="fold")
    for name in ("state", "assets read", "cause"):
        table.add_column(name, overflow="fold")
    for outcome in ordered[:MAX_ROWS]:
        colour = _COLOUR.get(outcome.state, "red")
        cause = f"{outcome.failure.code} ({outcome.failure.kind}): {outcome.failure.message}" if outcome.failure else ""
        table.add_row(outcome.item_id, f"[{colour}]{outcome.state}[/]", str(outcome.assets_read), escape(cause))
    return table


def print_ingest(console: Console, report: IngestReport) -> None:
    """Print the outcome of an ingest."""
    if report.outcomes:
        console.print(outcome_table(report.outcomes))
    colour = "green" if report.matched and not report.failed else "yellow"
    if not report.failed:  # a failure is said by the error that ends the run
        console.print(f"[bold {colour}]{escape(report.sentence)}[/]", highlight=False, soft_wrap=True)


def census_table(report: CensusReport) -> Table:
    """Return a table of the days with gaps or extra Items."""
    days = [day for day in report.days if day.gaps or day.extra]
    left_out = len(days) - MAX_ROWS
    table = Table(caption=f"and {left_out} more days" if left_out > 0 else None)
    table.add_column("day (UTC)")
    for name in ("source", "catalog", "missing", "changed", "unproven", "extra"):
        table.add_column(name, justify="right")
    for day in days[:MAX_ROWS]:
        counts = (day.source, day.catalog, *map(len, (day.missing, day.changed, day.unproven, day.extra)))
        table.add_row(str(day.day or "none named"), *(f"{count:,}" for count in counts))
    return table


def print_census(console: Console, report: CensusReport) -> None:
    """Print the days on which something is not as it should be, and the outcome."""
    table = census_table(report)
    if table.row_count:
        console.print(table)
    colour = "green" if report.source and not report.gaps else "yellow"
    console.print(f"[bold {colour}]{escape(report.sentence)}[/]", highlight=False, soft_wrap=True)
