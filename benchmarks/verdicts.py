"""Numbers to hold: printed in the order of the tables, and with `--check` the end of a benchmark."""

import argparse
import sys
from typing import NamedTuple

from rich.console import Console


class Verdict(NamedTuple):
    """A number to hold.

    Attributes:
        value: as measured.
        what: it is of, with its bound.
        is_held: whether it is within that.
    """

    value: float
    what: str
    is_held: bool

    @classmethod
    def at_most(cls, value: float, what: str, bound: float) -> "Verdict":
        """Return the verdict on a number that has an upper bound."""
        return cls(value, f"{what} (at most {bound:g})", value <= bound)

    @classmethod
    def at_least(cls, value: float, what: str, bound: float) -> "Verdict":
        """Return the verdict on a number that has a lower bound."""
        return cls(value, f"{what} (at least {bound:g})", value >= bound)


def add_check(parser: argparse.ArgumentParser) -> None:
    """Let a benchmark take `--check`."""
    parser.add_argument("--check", action="store_true", help="end with code 1 if a number is not held")


def conclude(console: Console, verdicts: list[Verdict], *, check: bool) -> None:
    """Print the numbers; if asked to check, end the process with code 1 and name those that are not held."""
    for verdict in verdicts:
        colour = "green" if verdict.is_held else "yellow"
        console.print(f"[{colour}]{verdict.value:8.2f}[/] {verdict.what}", highlight=False)
    missed = [f"{verdict.value:.2f} {verdict.what}" for verdict in verdicts if not verdict.is_held]
    if check and missed:
        sys.exit("Not held: " + "; ".join(missed))
