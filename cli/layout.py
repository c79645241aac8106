"""Rows as lines of text: as columns where they fit the terminal, the rest of a row beneath; nothing is cut off."""

from datetime import UTC, datetime
from textwrap import wrap

from ledger.tables import Row

GAP = "  "
INDENT = "    "
SHORT_ID = 8
"""Characters of a run's id on a terminal: unique in practice, and `--run-id` takes them."""


def brief(rows: list[Row], now: datetime) -> list[Row]:
    """Return rows with short run ids, and with times that leave out this year."""
    return [{name: _brief(name, value, now) for name, value in row.items()} for row in rows]


def lines_of(rows: list[Row], width: int | None) -> list[str]:
    """Return rows, which have equal keys, as lines, the first of which names the columns.

    Columns without any content are left out. What does not fit stands beneath its row, by name.

    Args:
        width: of the terminal, in characters; None: as wide as need be, one line a row.
    """
    cells = [{name: " ".join(str(value).split()) for name, value in row.items()} for row in rows]
    names = [name for name in rows[0] if any(cell[name] for cell in cells)]
    widths = {name: max(len(name), *(len(cell[name]) for cell in cells)) for name in names}
    columns = names if width is None else _fitting(widths, width)
    counted = {name for name in columns if all(isinstance(row[name], int) for row in rows)}
    lines = []
    for cell in [{name: name for name in names}, *cells]:
        padded = (
            cell[name].rjust(widths[name]) if name in counted else cell[name].ljust(widths[name]) for name in columns
        )
        lines.append(GAP.join(padded).rstrip())
        if width is not None and len(lines) > 1:
            beneath = [f"{name}: {cell[name]}" for name in names if name not in columns and cell[name]]
            lines.extend(_packed(beneath, width))
    return lines


def _fitting(widths: dict[str, int], width: int) -> list[str]:
    """Return the first column, and the others that fit beside it, those that come first before those that follow."""
    taken: list[str] = []
    used = -len(GAP)
    for name, needed in widths.items():
        if not taken or used + len(GAP) + needed <= width:
            taken.append(name)
            used += len(GAP) + needed
    return taken


def _packed(parts: list[str], width: int) -> list[str]:
    """Return parts side by side as far as they fit; one that is longer than a line is broken between words only."""
    room = max(width - len(INDENT), 1)
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(GAP) + len(part) <= room:
            lines[-1] += GAP + part
        else:
            lines.extend(wrap(part, room, break_long_words=False, break_on_hyphens=False))
    return [INDENT + line for line in lines]


def _brief(name: str, value: object, now: datetime) -> object:
    if not isinstance(value, str) or not value:
        return value
    if name == "run":
        run_id, space, note = value.partition(" ")
        return f"{run_id[:SHORT_ID]}{space}{note}"
    if name in ("started", "since", "at"):
        return _brief_time(value, now, seconds=name == "at")
    return value


def _brief_time(text: str, now: datetime, *, seconds: bool) -> str:
    """Shorten a time in UTC: of this year without the year, of another one as a day."""
    instant = datetime.fromisoformat(text).replace(tzinfo=UTC)
    if instant.year == now.year:
        return f"{instant:%b %d %H:%M:%S}" if seconds else f"{instant:%b %d %H:%M}"
    return text if seconds else f"{instant:%Y-%m-%d}"
