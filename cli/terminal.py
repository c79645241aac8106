"""Show a run on a terminal: one line a step, a progress bar, a table of outcomes."""

from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.layout import lines_of
from ledger.tables import Row
from models.census_report import CensusReport
from models.copernicus_ingest import CopernicusIngestReport
from models.copernicus_report import DownloadReport
from models.failure import Failure
from models.outcomes import ItemOutcome
from models.reports import IngestReport

MAX_ROWS = 30
"""Rows of a table on a terminal; the artifact in the Prefect UI has more."""
_STATE = r"(?m)^\S+ {2,}(?:state|(?P<green>proven)|(?P<cyan>ingested)|(?P<red>\w+))\b"
"""The second column, each state by the name of its colour; what stands beneath a row is indented."""


class Terminal:
    """Listens to a run."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress = Progress(
            TextColumn("  [bold]{task.description}"),
            BarColumn(bar_width=40),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._bars: dict[str, TaskID] = {}

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

    def advance(self, done: int, total: int, what: str) -> None:
        """Move the progress bar of Items, or of what else is counted."""
        self._move(f"{what} with an outcome", done, total, f"[green]{done}/{total}[/]")

    def receive(self, here: int, total: int, text: str) -> None:
        """Move the progress bar of downloads."""
        self._move("Received", here, total, f"[green]{text}[/]")

    def _move(self, name: str, done: int, total: int, text: str) -> None:
        if name not in self._bars:
            self._bars[name] = self._progress.add_task(name, total=total, text=text)
        self._progress.update(self._bars[name], completed=done, total=total, text=text)


def outcome_rows(outcomes: list[ItemOutcome]) -> list[Row]:
    """Return outcomes as rows, failed Items first."""
    ordered = sorted(outcomes, key=lambda outcome: (not outcome.is_failed, outcome.item_id))
    return [
        {
            "Item": outcome.item_id,
            "state": outcome.state.value,
            "assets read": outcome.assets_read,
            "cause": _cause(outcome.failure),
        }
        for outcome in ordered
    ]


def print_rows(console: Console, rows: list[Row]) -> None:
    """Print the first rows of outcomes as wide as the terminal, the states of the others in colour."""
    lines = lines_of(rows[:MAX_ROWS], console.width if console.is_terminal else None)
    if len(rows) > MAX_ROWS:
        lines.append(f"and {len(rows) - MAX_ROWS} more")
    text = Text("\n".join(lines))
    text.highlight_regex(_STATE)
    console.print(text, soft_wrap=True)


def _cause(failure: Failure | None) -> str:
    return f"{failure.code} ({failure.kind}): {failure.message}" if failure else ""


def print_ingest(console: Console, report: IngestReport) -> None:
    """Print the outcome of an ingest."""
    if report.outcomes:
        print_rows(console, outcome_rows(report.outcomes))
    colour = "green" if report.matched and not report.failed else "yellow"
    if isinstance(report, CopernicusIngestReport):
        for note in report.product_notes:
            console.print(escape(note), highlight=False, soft_wrap=True)
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


def print_downloads(console: Console, report: DownloadReport) -> None:
    """Print the products that were not downloaded, and the outcome."""
    lost = report.failures
    if lost:
        ordered = sorted(lost, key=lambda outcome: outcome.name)
        rows: list[Row] = [
            {"product": outcome.name, "state": outcome.state.value, "cause": _cause(outcome.failure)}
            for outcome in ordered
        ]
        print_rows(console, rows)
    if not report.failed:  # a failure is said by the error that ends the run
        colour = "yellow" if report.offline or not report.matched else "green"
        console.print(f"[bold {colour}]{escape(report.sentence)}[/]", highlight=False, soft_wrap=True)
