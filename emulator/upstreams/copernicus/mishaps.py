"""What goes wrong with which product: as ordered, and as drawn by chance."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self

from pydantic import Field, model_validator

from emulator.config_section import Section
from emulator.json_types import JsonDict
from emulator.upstreams.copernicus.mishap_kinds import LASTING, PASSING, Act, Kind
from emulator.upstreams.copernicus.products import Product


class Mishap(Section):
    """A mishap on order."""

    product: str = Field(description="Name, id, or glob of names.")
    kind: Kind
    times: int | None = Field(default=None, ge=1, description="Of each product; null: 1, or lasting kinds for ever.")
    after_bytes: int | None = Field(default=None, ge=0, description="Where a download is cut; null: in its middle.")

    @model_validator(mode="after")
    def _countable(self) -> Self:
        """Refuse a number of times of what lasts."""
        if self.times is not None and self.kind not in PASSING:
            raise ValueError(f"{self.kind} lasts: it has no times")
        return self

    def strikes(self, product: Product) -> bool:
        """Say whether the mishap is this product's."""
        return self.product == product.id or fnmatchcase(product.facts.name, self.product)


@dataclass(frozen=True)
class Step:
    """What happens to one download, and after how many bytes (None: in its middle)."""

    act: Act
    after_bytes: int | None = None


class Mishaps:
    """Thread-safe: the orders, and how much of what was planned has happened to each product."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[Mishap] = []
        self._taken: Counter[tuple[str, str]] = Counter()

    def add(self, mishap: Mishap) -> None:
        """Let it happen from now on."""
        with self._lock:
            self._orders.append(mishap)

    def clear(self) -> None:
        """Let nothing more go wrong but what the configuration draws."""
        with self._lock:
            self._orders.clear()
            self._taken.clear()

    def listed(self) -> list[JsonDict]:
        """Return the orders."""
        with self._lock:
            return [order.model_dump(exclude_none=True) for order in self._orders]

    def kinds(self, product: Product, drawn: dict[Kind, float], seed: int) -> list[Kind]:
        """Return all that strikes a product."""
        with self._lock:
            return [mishap.kind for _, mishap in self._of(product, drawn, seed)]

    def may_strike(self, kind: Kind, drawn: dict[Kind, float]) -> bool:
        """Say whether any product may have this mishap: most often none has, and none need be asked."""
        with self._lock:
            return kind in drawn or any(order.kind == kind for order in self._orders)

    def next_step(self, product: Product, drawn: dict[Kind, float], seed: int) -> Step | None:
        """Return what happens to the download that begins now; None: nothing."""
        with self._lock:
            mishaps = list(self._of(product, drawn, seed))
            for _, mishap in mishaps:
                if mishap.kind in LASTING:
                    return Step(act=LASTING[mishap.kind])
            return next(filter(None, (self._taken_from(name, mishap, product) for name, mishap in mishaps)), None)

    def _taken_from(self, name: str, mishap: Mishap, product: Product) -> Step | None:
        acts = PASSING.get(mishap.kind, ())
        taken = self._taken[name, product.id]
        if taken >= len(acts) * (mishap.times or 1):
            return None
        self._taken[name, product.id] += 1
        return Step(act=acts[taken % len(acts)], after_bytes=mishap.after_bytes)

    def _of(self, product: Product, drawn: dict[Kind, float], seed: int) -> Iterator[tuple[str, Mishap]]:
        """Yield what strikes a product, each with the name under which it is counted."""
        for number, order in enumerate(self._orders):
            if order.strikes(product):
                yield f"order {number}", order
        for kind, percentage in sorted(drawn.items()):
            if 100 * product.draw(seed, kind) < percentage:
                yield kind, Mishap(product=product.id, kind=kind)
