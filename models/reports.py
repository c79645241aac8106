"""What the flows report."""

from typing import Literal, Self

from pydantic import BaseModel, Field

from models.copernicus_report import DownloadReport
from models.errors import RunFailed
from models.failure import FailureClass
from models.outcomes import ItemOutcome, ItemState

KEPT_OUTCOMES = 1000
"""Outcomes that a report keeps though all is well with them, at some 2 kB each."""


class OnboardReport(BaseModel):
    """A Collection as it now stands in the GeoCatalog.

    Attributes:
        collection_id: id in the GeoCatalog.
        action: what was done to the Collection.
        thumbnail: whether it has the source's thumbnail.
        render_options: ids of its render options.
        mosaics: ids of its mosaics.
        changed: what this run wrote, by name; empty when all was as requested.
        explorer_url: its page in the Explorer.
    """

    collection_id: str
    action: Literal["created", "updated", "kept"]
    thumbnail: bool
    render_options: list[str]
    mosaics: list[str]
    changed: list[str]
    explorer_url: str


class Verification(BaseModel):
    """One asset downloaded whole and decoded, and a picture rendered by the GeoCatalog.

    Attributes:
        item_id: Item that was looked at, the least cloudy one of the proven.
        asset: key of the downloaded asset.
        width, height: its pixels.
        bytes_read: its size in bytes.
        asset_note: why it could not be decoded, "" if it was.
        preview_path: PNG of the area on this machine; None if none could be rendered.
        preview_note: why there is no preview, "" if there is one.
    """

    item_id: str
    asset: str
    width: int
    height: int
    bytes_read: int
    asset_note: str = ""
    preview_path: str | None = None
    preview_note: str = ""

    @property
    def sentence(self) -> str:
        """What was looked at, in words."""
        return f"Asset {self.asset} of {self.item_id} is a readable image of {self.width} x {self.height} pixels"


class IngestReport(BaseModel):
    """What an ingest found, did and proved.

    Attributes:
        collection_id: Collection of the GeoCatalog.
        matched: Items of the source that match the request.
        done: of these, proven by earlier runs and not changed at the source since.
        changed: ids of those proven by earlier runs that the source has changed since, and that were left as they are.
        gone: ids that were asked for, but that the source does not have.
        present: of these, in the catalog before this run, and proven by it.
        planned: of these, to be submitted by this run.
        ingested: Items whose operation of this run succeeded.
        proven: Items read back, by this run or by an earlier one.
        failed: Items that are not as requested.
        limited: True if the source has more Items than the maximum asked for.
        proof: of which Items the assets were read back.
        sources_created: ids of the ingestion sources that this run created.
        stripped_assets: keys of assets that were left out since they are no files.
        outcomes: one per Item; of a run of more than 1,000 Items, only of those that failed.
        verification: a look at one of the proven Items.
        problem: why that look failed, "" if it did not.
        seconds: wall time.
    """

    collection_id: str
    matched: int = 0
    done: int = 0
    changed: list[str] = Field(default_factory=list)
    gone: list[str] = Field(default_factory=list)
    present: int = 0
    planned: int = 0
    ingested: int = 0
    proven: int = 0
    failed: int = 0
    limited: bool = False
    proof: str = "all"
    sources_created: list[str] = Field(default_factory=list)
    stripped_assets: list[str] = Field(default_factory=list)
    outcomes: list[ItemOutcome] = Field(default_factory=list)
    verification: Verification | None = None
    problem: str = ""
    explorer_url: str = ""
    seconds: float = 0.0

    @property
    def failures(self) -> list[ItemOutcome]:
        """Outcomes of the Items that are not as requested."""
        return [outcome for outcome in self.outcomes if outcome.is_failed]

    def trimmed(self) -> Self:
        """Return this report without the outcomes of proven Items, if they are many: the ledger has them all.

        Prefect keeps what a child run returns for as long as its parent lives.
        """
        return self if len(self.outcomes) <= KEPT_OUTCOMES else self.model_copy(update={"outcomes": self.failures})

    def counted(self, outcomes: list[ItemOutcome]) -> Self:
        """Return this report with the outcomes and their counts."""
        done = (ItemState.INGESTED, ItemState.PROVEN, ItemState.UNPROVEN)
        return self.model_copy(
            update={
                "outcomes": outcomes,
                "ingested": sum(o.submitted and o.state in done for o in outcomes),
                "proven": sum(o.state is ItemState.PROVEN for o in outcomes) + self.done + len(self.changed),
                "failed": sum(o.is_failed for o in outcomes),
            }
        )

    @property
    def notes(self) -> list[str]:
        """What else is worth telling, a sentence each."""
        notes = []
        if self.limited:
            notes.append("The source has more Items that match: the run stopped at its maximum.")
        if self.stripped_assets:
            notes.append(f"Assets left out, since they are no files: {', '.join(self.stripped_assets)}.")
        if self.verification:
            notes.append(f"Verified: {self.verification.asset_note or self.verification.sentence}.")
        return notes

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        if not self.matched:
            return "No Items of the source match the request: nothing was ingested."
        if self.failed:
            named = ", ".join(f"{o.item_id} ({o.failure.code})" for o in self.failures[:3] if o.failure)
            more = f" and {self.failed - 3} more" if self.failed > 3 else ""
            return f"{self.failed} of {self.matched} Items failed: {named}{more}. {self._advice}"
        changed = (
            f" {len(self.changed)} of them were changed at the source since, such as {self.changed[0]}:"
            " replace_changed sends them again."
            if self.changed
            else ""
        )
        read = {"all": "", "sample": " Assets of a 5 % sample were read back.", "none": " No assets were read back."}
        return (
            f"All {self.matched} Items are proven in {self.collection_id}, {self.ingested} by this run."
            f"{changed}{read.get(self.proof, '')}"
        )

    @property
    def _advice(self) -> str:
        kinds = {outcome.failure.kind for outcome in self.failures if outcome.failure}
        again = "Run the same request again: it submits only what is not in the catalog."
        return _ADVICE.get(kinds.pop(), again) if len(kinds) == 1 else again


_ADVICE = {
    FailureClass.CONFLICT: "The catalog's Items differ from the source's: run again with replace_changed.",
    FailureClass.PERMANENT: "Read each message: the Item or the Collection has to change before it can be ingested.",
}


class ItemsFailed(RunFailed):
    """Some Items are not as requested; all others are done.

    Args:
        report: what was done, and the outcome of each Item.
    """

    def __init__(self, report: IngestReport) -> None:
        super().__init__(report.sentence)
        self.report = report

    def __reduce__(self) -> tuple[type["ItemsFailed"], tuple[IngestReport]]:
        return type(self), (self.report,)


class ChildReport(BaseModel):
    """One child run of a backfill.

    Attributes:
        window: its datetime range.
        state: done (by this backfill), done before (by an earlier run), or failed.
        message: why it failed, or what it did.
    """

    window: str
    state: Literal["done", "done before", "failed"]
    message: str = ""


class BackfillReport(BaseModel):
    """What became of each child run, in order of time."""

    collection_id: str
    children: list[ChildReport] = Field(default_factory=list)

    @property
    def failed(self) -> list[ChildReport]:
        """Child runs that failed."""
        return [child for child in self.children if child.state == "failed"]

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        done = sum(child.state == "done before" for child in self.children)
        before = f", {done} of them by earlier runs" if done else ""
        if not self.failed:
            return f"All {len(self.children)} child runs are done{before}."
        named = "; ".join(f"{child.window}: {child.message}" for child in self.failed[:2])
        return (
            f"{len(self.failed)} of {len(self.children)} child runs failed ({named})."
            " Run the same backfill again: it takes up only those."
        )


class RerunReport(BaseModel):
    """What was sent again, or would be.

    Attributes:
        selected: Items, or names of Copernicus products, by Collection that were selected.
        left_out: how many dead letters were not asked for.
        reports: of the ingests, one or several for each Collection and source.
        downloads: of downloads, one or several for each Collection and folder.
        problems: why others of them did not come to their end, a sentence for each.
    """

    dry_run: bool
    selected: dict[str, list[str]]
    left_out: int = 0
    reports: list[IngestReport] = Field(default_factory=list)
    downloads: list[DownloadReport] = Field(default_factory=list)
    problems: list[str] = Field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Tell whether nothing failed again."""
        return not self.failed and not self.problems

    @property
    def failed(self) -> int:
        """Items or products that failed again."""
        products = sum(report.failed + report.offline for report in self.downloads)
        return sum(report.failed for report in self.reports) + products

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        count = sum(map(len, self.selected.values()))
        apart = (
            f" Left out, since they failed for good: {self.left_out}; dead_letters takes them." if self.left_out else ""
        )
        apart = f"{self._problem}{apart}"
        if self.downloads:
            here = sum(report.there + report.downloaded for report in self.downloads)
            return f"{_counted(count, 'product')} asked for again, {here} of them downloaded.{apart}"
        failed = _counted(count, "failed Item")
        if self.dry_run or not count:
            return f"{failed} {'would be' if self.dry_run else 'to be'} sent again.{apart}"
        return f"{failed} taken up again, {sum(report.proven for report in self.reports)} of them proven.{apart}"

    @property
    def _problem(self) -> str:
        more = f" And {len(self.problems) - 3} more." if len(self.problems) > 3 else ""
        runs = _counted(len(self.problems), "run")
        return f" {runs} did not come to the end: {' '.join(self.problems[:3])}{more}" if self.problems else ""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


class RemoveReport(BaseModel):
    """What was deleted, or would be.

    Attributes:
        collection_id: the Collection.
        dry_run: True if nothing was deleted.
        existed: whether there was such a Collection.
        items: ids of its Items.
        sources: ids of the ingestion sources.
        kept_sources: ids of those left in place, since they are gone or open operations may use them.
    """

    collection_id: str
    dry_run: bool
    existed: bool
    items: list[str]
    sources: list[str]
    kept_sources: list[str] = Field(default_factory=list)


class TutorialReport(BaseModel):
    """All the tutorial's steps in one report."""

    onboard: OnboardReport
    ingest: IngestReport
    remove: RemoveReport | None = None
    seconds: float = 0.0
