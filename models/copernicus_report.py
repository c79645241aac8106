"""What a run made of Copernicus products."""

from pydantic import BaseModel, Field

from models.copernicus import ProductOutcome, ProductState
from models.errors import RunFailed

KEPT_OUTCOMES = 1000
"""Outcomes that a report holds at most, apart from those of products that were given up."""


class DownloadReport(BaseModel):
    """What was downloaded.

    Attributes:
        collection: Collection of the Copernicus catalogue.
        folder: where the files are.
        matched: products that match the request.
        there: of these, whose verified file was there before.
        downloaded: of these, downloaded by this run.
        offline: of these, that lie in the archive only.
        failed: of these, given up for any other reason.
        undone: of these, not asked for, since the run was stopped before.
        received: bytes that this run received.
        limited: True if more products match than the maximum asked for.
        outcomes: one per product; of a run of more than 1,000, only of those that were not downloaded.
        seconds: wall time.
    """

    collection: str
    folder: str
    matched: int = 0
    there: int = 0
    downloaded: int = 0
    offline: int = 0
    failed: int = 0
    undone: int = 0
    received: int = 0
    limited: bool = False
    outcomes: list[ProductOutcome] = Field(default_factory=list)
    seconds: float = 0.0

    @classmethod
    def of(
        cls, collection: str, folder: str, outcomes: list[ProductOutcome], *, limited: bool, seconds: float
    ) -> "DownloadReport":
        """Return the report of a run with these outcomes, one per product."""
        files = [outcome for outcome in outcomes if outcome.state is ProductState.DOWNLOADED]
        offline = sum(outcome.state is ProductState.OFFLINE for outcome in outcomes)
        return cls(
            collection=collection,
            folder=folder,
            matched=len(outcomes),
            there=sum(outcome.was_there for outcome in files),
            downloaded=sum(not outcome.was_there for outcome in files),
            offline=offline,
            failed=sum(outcome.is_failed for outcome in outcomes) - offline,
            undone=sum(outcome.state is ProductState.FOUND for outcome in outcomes),
            received=sum(o.downloaded.fetched for o in files if o.downloaded and not o.was_there),
            limited=limited,
            outcomes=outcomes,
            seconds=seconds,
        )

    @property
    def failures(self) -> list[ProductOutcome]:
        """Outcomes of the products that were given up."""
        return [outcome for outcome in self.outcomes if outcome.is_failed]

    def trimmed(self) -> "DownloadReport":
        """Return this report without the outcomes of downloaded products, if they are many: the ledger has them all."""
        return self if len(self.outcomes) <= KEPT_OUTCOMES else self.model_copy(update={"outcomes": self.failures})

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        if not self.matched:
            return f"No products of {self.collection} match the request: nothing was downloaded."
        if self.failed or self.undone:
            lost = [outcome for outcome in self.failures if outcome.state is not ProductState.OFFLINE]
            named = ", ".join(f"{o.name} ({o.failure.code})" for o in lost[:3] if o.failure)
            more = f" and {self.failed - 3} more" if self.failed > 3 else ""
            undone = f" {self.undone} were not begun." if self.undone else ""
            return (
                f"{self.failed} of {self.matched} products were not downloaded{': ' if named else ''}{named}{more}."
                f"{undone} Run the same request again: it fetches only what is missing."
            )
        offline = f" {self.offline} of {self.matched} lie in the archive only, and have to be ordered." * bool(
            self.offline
        )
        here = self.matched - self.offline
        return (
            f"{here} products are in {self.folder}, verified; {self.downloaded} downloaded by this run"
            f" ({self.received / 1e6:,.1f} MB).{offline}"
        )


class ProductsNotDownloaded(RunFailed):
    """Some products were given up; all others are there.

    Args:
        report: what was done, and the outcome of each product.
    """

    def __init__(self, report: DownloadReport) -> None:
        super().__init__(report.sentence)
        self.report = report

    def __reduce__(self) -> tuple[type["ProductsNotDownloaded"], tuple[DownloadReport]]:
        return type(self), (self.report,)
