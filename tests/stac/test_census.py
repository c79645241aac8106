"""Source, catalog and ledger, compared day by day."""

from datetime import date, timedelta

from models.outcomes import ItemState
from stac.census import LedgerFact, SourceFact, take_census

MONDAY, TUESDAY = date(2024, 2, 5), date(2024, 2, 6)
PROVEN = LedgerFact(ItemState.PROVEN, "f")


def test_each_item_is_in_the_one_list_where_it_belongs():
    names = ("proven", "missing", "lost", "changed", "unproven", "unknown", "old")
    source = {name: SourceFact(MONDAY, "f") for name in names}
    catalog = {name: MONDAY for name in names if name not in ("missing", "lost")} | {"extra": MONDAY}
    ledger = {
        "proven": PROVEN,
        "lost": PROVEN,
        "changed": LedgerFact(ItemState.PROVEN, "g"),
        "unproven": LedgerFact(ItemState.UNPROVEN, "f"),
        "old": LedgerFact(ItemState.PROVEN, None),
        "elsewhere": PROVEN,
    }
    [day] = take_census(source, catalog, ledger).days
    assert day.missing == ["lost", "missing"]
    assert day.extra == ["extra"]
    assert day.changed == ["changed"]
    assert day.unproven == ["unknown", "unproven"]
    assert (day.source, day.catalog, day.proven, day.complete) == (7, 6, 4, 4)
    assert day.share == 4 / 7


def test_days_come_in_order_and_items_without_a_time_last():
    source = {"a": SourceFact(TUESDAY, "f"), "b": SourceFact(MONDAY, "f"), "c": SourceFact(None, "f")}
    census = take_census(source, {"d": MONDAY - timedelta(1)}, {})
    assert [day.day for day in census.days] == [MONDAY - timedelta(1), MONDAY, TUESDAY, None]
    assert census.total.missing == ["b", "a", "c"]
    assert census.total.extra == ["d"]


def test_an_item_that_both_have_belongs_to_the_sources_day():
    [day] = take_census({"a": SourceFact(MONDAY, "f")}, {"a": TUESDAY}, {"a": PROVEN}).days
    assert (day.day, day.share) == (MONDAY, 1)


def test_without_a_ledger_nothing_is_proven_and_the_day_is_complete():
    [day] = take_census({"a": SourceFact(MONDAY, "f")}, {"a": MONDAY}, {}).days
    assert (day.complete, day.proven, day.unproven) == (1, 0, ["a"])


def test_what_only_the_catalog_has_has_no_share():
    [day] = take_census({}, {"a": MONDAY}, {}).days
    assert day.share is None
    assert take_census({}, {}, {}).total.share is None


def test_a_hundred_thousand_items_are_counted():
    source = {f"i{n}": SourceFact(MONDAY + timedelta(n % 1000), "f") for n in range(100_000)}
    catalog = {item_id: fact.day for item_id, fact in source.items()}
    census = take_census(source, catalog, dict.fromkeys(source, PROVEN))
    assert census.total.complete == 100_000
