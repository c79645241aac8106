"""What the flow `census` reports."""

from datetime import date

from pydantic import BaseModel, Field

from models.reports import IngestReport

NAMED = 3
"""Ids that a sentence names."""


class DayReport(BaseModel):
    """One UTC day.

    Attributes:
        day: None holds the Items that name no time.
        source, catalog: Items that each has.
        proven: of these, known to the ledger as proven.
        missing: ids that the source has, but the catalog has not.
        extra: ids that the catalog has, but the source has not.
        changed: ids that the source has changed since they were sent.
        unproven: ids that both have, but that the ledger does not know as proven.
    """

    day: date | None
    source: int
    catalog: int
    proven: int
    missing: list[str] = Field(default_factory=list)
    extra: list[str] = Field(default_factory=list)
    changed: list[str] = Field(default_factory=list)
    unproven: list[str] = Field(default_factory=list)

    @property
    def gaps(self) -> list[str]:
        """Ids of the source's Items that are not in the catalog as they should be; `extra` is no gap."""
        return [*self.missing, *self.changed, *self.unproven]


class CensusReport(BaseModel):
    """What source, catalog and ledger have of an area and a time.

    Attributes:
        collection_id: Collection of the GeoCatalog.
        source_collection: Collection of the source.
        areas: names of the areas.
        window: acquisition times that were looked at, RFC 3339 interval.
        days: in order; days on which neither has Items are left out.
        filled: ids that were gaps when this run began, and are none any more.
        ingests: reports of the ingests that filled gaps.
        problems: why ingests failed.
        picture_path: PNG of the completeness by day on this machine; None if there is none.
        picture_note: why there is no picture, "" if there is one.
        seconds: wall time.
    """

    collection_id: str
    source_collection: str
    areas: list[str]
    window: str
    days: list[DayReport]
    filled: list[str] = Field(default_factory=list)
    ingests: list[IngestReport] = Field(default_factory=list)
    problems: list[str] = Field(default_factory=list)
    picture_path: str | None = None
    picture_note: str = ""
    seconds: float = 0.0

    @property
    def source(self) -> int:
        """Items of the source."""
        return sum(day.source for day in self.days)

    @property
    def catalog(self) -> int:
        """Items of the catalog."""
        return sum(day.catalog for day in self.days)

    @property
    def proven(self) -> int:
        """Items that the ledger knows as proven."""
        return sum(day.proven for day in self.days)

    @property
    def missing(self) -> list[str]:
        """Ids that the source has, but the catalog has not."""
        return [item_id for day in self.days for item_id in day.missing]

    @property
    def extra(self) -> list[str]:
        """Ids that the catalog has, but the source has not."""
        return [item_id for day in self.days for item_id in day.extra]

    @property
    def changed(self) -> list[str]:
        """Ids that the source has changed since they were sent."""
        return [item_id for day in self.days for item_id in day.changed]

    @property
    def unproven(self) -> list[str]:
        """Ids that both have, but that the ledger does not know as proven."""
        return [item_id for day in self.days for item_id in day.unproven]

    @property
    def gaps(self) -> list[str]:
        """Ids of the source's Items that are not in the catalog as they should be."""
        return [item_id for day in self.days for item_id in day.gaps]

    @property
    def sentence(self) -> str:
        """The outcome in one or a few sentences."""
        said = [self._state]
        if self.gaps and not (self.ingests or self.problems):
            said.append("fill_gaps ingests and proves them; changed ones only with replace_changed.")
        if self.filled:
            said.append(f"This run filled {len(self.filled):,} gaps.")
        if self.extra:
            said.append(f"The catalog has {len(self.extra):,} Items that the source has not: {_named(self.extra)}.")
        return " ".join([*said, *self.problems])

    @property
    def _state(self) -> str:
        if not self.source:
            return "The source has no Items there: nothing can be missing."
        if not self.gaps:
            return f"All {self.source:,} Items of the source are in {self.collection_id}, proven and unchanged."
        lists = {"missing": self.missing, "changed at the source": self.changed, "unproven": self.unproven}
        named = "; ".join(f"{len(ids):,} {what} ({_named(ids)})" for what, ids in lists.items() if ids)
        return f"{len(self.gaps):,} of {self.source:,} Items of the source have gaps in {self.collection_id}: {named}."


def _named(item_ids: list[str]) -> str:
    more = f" and {len(item_ids) - NAMED:,} more" if len(item_ids) > NAMED else ""
    return ", ".join(item_ids[:NAMED]) + more
