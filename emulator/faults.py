"""Failures on order: by Item, by route, or by path."""

import re
import threading
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from emulator.json_types import JsonDict


class Fault(BaseModel):
    """One failure. Exactly one of `item`, `route` and `path` says where it strikes."""

    model_config = ConfigDict(extra="forbid")

    item: str | None = Field(default=None, description="Item id or glob; its operation fails.")
    collection: str | None = Field(default=None, description="With item: only in this Collection.")
    code: str | None = Field(default=None, description="Error code of the operation, or of the response.")
    message: str | None = None
    route: str | None = Field(default=None, description="Such as `POST /stac/collections/{collection_id}/items`.")
    path: str | None = Field(default=None, description="Glob of the request path, such as `*/B09.tif`.")
    status: int = Field(default=500, ge=400, le=599)
    retry_after: str | None = Field(default=None, description="Retry-After header: seconds or a date.")
    when: Literal["before", "after"] = Field(default="before", description="Before or after the request took effect.")
    drop: bool = Field(default=False, description="Close the connection instead of answering.")
    times: int | None = Field(default=1, ge=1, description="null: for ever.")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        """Refuse a fault that strikes nowhere or that cannot happen."""
        if sum(target is not None for target in (self.item, self.route, self.path)) != 1:
            raise ValueError("give exactly one of item, route and path")
        if self.item is not None and not self.code:
            raise ValueError("an item fault needs the code that its operation fails with")
        if self.route is not None and not re.fullmatch(r"[A-Z]+ /\S*", self.route):
            raise ValueError("route must look like 'POST /stac/collections'")
        return self

    def strikes_item(self, collection_id: str, item_id: str) -> bool:
        """Say whether the operation of this Item fails."""
        in_collection = self.collection in (None, collection_id)
        return self.item is not None and in_collection and fnmatchcase(item_id, self.item)

    def strikes_request(self, method: str, path: str) -> bool:
        """Say whether this request fails."""
        if self.path is not None:
            return fnmatchcase(path, self.path)
        return self.route is not None and self._route_pattern.fullmatch(f"{method} {path}") is not None

    @cached_property
    def _route_pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{[^}]*\})", self.route or "")
        return re.compile("".join(_part_pattern(part) for part in parts))

    def error_text(self) -> str:
        """Return the message of the failed response."""
        return self.message or f"Fault injected by the emulator: HTTP {self.status}."

    def error_body(self) -> JsonDict:
        """Return the body of the failed response."""
        return {"error": {"code": self.code or "InjectedFault", "message": self.error_text()}}


class Faults:
    """Thread-safe list of the faults that are still to happen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Let the fault happen `fault.times` times from now on."""
        with self._lock:
            self._open.append((fault, fault.times))

    def clear(self) -> None:
        """Let nothing fail any more."""
        with self._lock:
            self._open.clear()

    def listed(self) -> list[JsonDict]:
        """Return the open faults with the number of times that are left."""
        with self._lock:
            return [{**f.model_dump(exclude_none=True), "times": left} for f, left in self._open]

    def take_item(self, collection_id: str, item_id: str) -> Fault | None:
        """Return the fault that strikes this Item now, and count it."""
        return self._take(lambda fault: fault.strikes_item(collection_id, item_id)) if self._open else None

    def take_request(self, method: str, path: str) -> Fault | None:
        """Return the fault that strikes this request now, and count it."""
        return self._take(lambda fault: fault.strikes_request(method, path)) if self._open else None

    def _take(self, strikes: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for position, (fault, left) in enumerate(self._open):
                if strikes(fault):
                    self._count_down(position, fault, left)
                    return fault
        return None

    def _count_down(self, position: int, fault: Fault, left: int | None) -> None:
        if left == 1:
            del self._open[position]
        elif left is not None:
            self._open[position] = (fault, left - 1)


def _part_pattern(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    return ".+" if part.endswith(":path}") else "[^/]+"
