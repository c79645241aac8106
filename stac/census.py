"""What the source has, what the catalog has, and what the ledger says, compared day by day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from models.outcomes import ItemState


class SourceFact(NamedTuple):
    """What the source says of an Item: its UTC day (None: it names no time), and its fingerprint."""

    day: date | None
    fingerprint: str


class LedgerFact(NamedTuple):
    """What the ledger says of an Item: its last state, and the fingerprint that was sent (None: not known)."""

    state: ItemState
    fingerprint: str | None


@dataclass
class DayCensus:
    """One UTC day.

    Attributes:
        day: None holds the Items that name no time.
        source, catalog: Items that each has.
        proven: Items that the ledger knows as proven, of those that the source or the catalog has.
        missing: ids that the source has, but the catalog has not.
        extra: ids that the catalog has, but the source has not.
        changed: ids that both have, but that the source has changed since they were sent.
        unproven: ids that both have, unchanged as far as known, but that the ledger does not know as proven.
    """

    day: date | None
    source: int = 0
    catalog: int = 0
    proven: int = 0
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)

    @property
    def complete(self) -> int:
        """Items of the source that the catalog has in their present form, proven or not."""
        return self.source - len(self.missing) - len(self.changed)

    @property
    def share(self) -> float | None:
        """Complete share of the source's Items, 0 to 1; None if the source has none."""
        return self.complete / self.source if self.source else None


@dataclass(frozen=True)
class Census:
    """All days on which source or catalog have Items, in order; what names no time comes last."""

    days: list[DayCensus]

    @property
    def total(self) -> DayCensus:
        """All days together, as if they were one."""
        return DayCensus(
            None,
            sum(day.source for day in self.days),
            sum(day.catalog for day in self.days),
            sum(day.proven for day in self.days),
            [item_id for day in self.days for item_id in day.missing],
            [item_id for day in self.days for item_id in day.extra],
            [item_id for day in self.days for item_id in day.changed],
            [item_id for day in self.days for item_id in day.unproven],
        )


def take_census(
    source: Mapping[str, SourceFact],
    catalog: Mapping[str, date | None],
    ledger: Mapping[str, LedgerFact],
) -> Census:
    """Compare the three, Item by Item.

    Args:
        source, catalog, ledger: by Item id, of the same Collection, area and time. Without a ledger (empty), nothing is
            known as proven or as changed.
    """
    days: dict[date | None, DayCensus] = {}
    for day, item_ids in _by_day(source, catalog).items():
        days[day] = counted = DayCensus(day)
        for item_id in sorted(item_ids):
            _count(counted, item_id, source.get(item_id), item_id in catalog, ledger.get(item_id))
    return Census([days[day] for day in sorted(days, key=lambda day: day or date.max)])


def _by_day(
    source: Mapping[str, SourceFact], catalog: Mapping[str, date | None]
) -> Mapping[date | None, Iterable[str]]:
    """Return the ids of each day; an Item that both have belongs to the source's."""
    found: dict[date | None, list[str]] = defaultdict(list)
    for item_id, fact in source.items():
        found[fact.day].append(item_id)
    for item_id, day in catalog.items():
        if item_id not in source:
            found[day].append(item_id)
    return found


def _count(day: DayCensus, item_id: str, source: SourceFact | None, is_held: bool, ledger: LedgerFact | None) -> None:
    is_proven = ledger is not None and ledger.state is ItemState.PROVEN
    day.source += source is not None
    day.catalog += is_held
    day.proven += is_proven
    if source is None:
        day.extra.append(item_id)
    elif not is_held:
        day.missing.append(item_id)
    elif ledger and ledger.fingerprint and ledger.fingerprint != source.fingerprint:
        day.changed.append(item_id)
    elif not is_proven:
        day.unproven.append(item_id)
