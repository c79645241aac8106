"""Did all pages of a search come? A record of one paging, and what makes it doubtful.

A source can cut a search off and say nothing: by a cap on results, by a `next` link that is missing, or by a page that
is sent twice in the place of another.
"""

from datetime import datetime
from itertools import pairwise

from models.area import JsonDict
from stac.times import instant_of
from stac.windows import Span

STALE_PAGES = 2
"""Pages in a row that bring nothing new, after which the `next` links are taken to lead in a circle."""


class PageRecord:
    """What came, page by page, of one search.

    Args:
        page_size: Items asked for per page.
    """

    def __init__(self, page_size: int) -> None:
        self.item_ids: set[str] = set()
        self._page_size = page_size
        self._largest = 0
        self._last = 0
        self._stale = 0
        self._repeated_pages = 0
        self._matched: int | None = None
        self._had_next = False
        self._times: list[datetime] = []
        self._last_time: list[datetime] = []
        self._rises = self._falls = False

    def add(self, items: list[JsonDict], number_matched: int | None, *, had_next: bool) -> None:
        """Record a page.

        Args:
            items: the Items on it; only their ids and the limits of their times are kept.
            number_matched: how many Items match in all, as the page says; None where it says nothing.
            had_next: whether it has a link to a next page.
        """
        before = len(self.item_ids)
        self.item_ids.update(item["id"] for item in items)
        new = len(self.item_ids) - before
        self._repeated_pages += bool(items) and not new  # some that come again are normal: new ones moved them along
        self._stale = 0 if new else self._stale + 1
        self._largest, self._last = max(self._largest, self._last), len(items)
        self._add_times([instant for item in items if (instant := instant_of(item))])
        self._matched = number_matched if number_matched is not None else self._matched
        self._had_next = had_next

    @property
    def is_circle(self) -> bool:
        """Tell whether it is of no use to follow the `next` links further."""
        return self._had_next and self._stale >= STALE_PAGES

    @property
    def is_counted(self) -> bool:
        """Tell whether the source said how many Items match, and so many came."""
        return self._matched == len(self.item_ids)

    @property
    def doubt(self) -> str:
        """Why some Items may not have come; empty if nothing speaks for it."""
        if self.is_circle:
            return "the links to next pages lead in a circle"
        if self._matched is not None and not self.is_counted:
            return f"the source says that {self._matched:,} Items match, but {len(self.item_ids):,} came"
        if self.ends_full and not self._is_in_order:
            return self.full_end
        if self._repeated_pages and not self.is_counted:
            return "a page came twice, perhaps in the place of another"
        return ""

    @property
    def full_end(self) -> str:
        """What a full last page is called."""
        return f"the last page is full ({self._last:,} Items) but has no link to a next one"

    @property
    def ends_full(self) -> bool:
        """Whether the last page is full, against what was asked or against earlier ones of a source that allows fewer.

        In a search that comes in order of time, what may be missing lies at its end: `unseen_spans` names where.
        """
        return self._last > 0 and self._last >= min(self._page_size, self._largest or self._page_size)

    @property
    def _is_in_order(self) -> bool:
        return bool(self._times) and not (self._rises and self._falls)

    def unseen_spans(self, asked: Span) -> list[Span]:
        """Return the parts of the asked time in which the Items lie that a cap would have cut off.

        A search that comes newest first loses its oldest Items, and the other way round; one in no order, either. The
        instant at the limit belongs to it: a cap may have cut in the midst of the Items of one instant.
        """
        if not self._times or (asked.start and asked.start == asked.end):
            return []
        oldest, newest = self._times[0], self._times[-1]
        before = Span(asked.start, max(oldest, asked.start) if asked.start else oldest)
        after = Span(min(newest, asked.end) if asked.end else newest, asked.end)
        return [*([] if self._rises and not self._falls else [before]), *([after] if self._rises else [])]

    def _add_times(self, times: list[datetime]) -> None:
        """Keep the oldest and the newest time, and whether they rise or fall in the order in which they come."""
        for earlier, later in pairwise([*self._last_time, *times]):
            self._rises |= later > earlier
            self._falls |= later < earlier
        self._last_time = times[-1:] or self._last_time
        limits = sorted([*self._times, *times])
        self._times = [limits[0], limits[-1]] if limits else []
