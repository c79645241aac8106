"""What the stand-in of the Copernicus Data Space remembers."""

from dataclasses import dataclass, field
from pathlib import Path

from emulator.upstreams.copernicus.connections import Connections
from emulator.upstreams.copernicus.item_index import ItemIndex
from emulator.upstreams.copernicus.library import Library
from emulator.upstreams.copernicus.mishaps import Mishaps
from emulator.upstreams.copernicus.sessions import Sessions


@dataclass
class Copernicus:
    """Products, sessions, downloads and mishaps of one emulator.

    Attributes:
        content: folder of `ensure_content`; None: no Sentinel-2 products.
        items: the products as STAC Items.
    """

    content: Path | None
    items: ItemIndex
    sessions: Sessions = field(default_factory=Sessions)
    connections: Connections = field(default_factory=Connections)
    mishaps: Mishaps = field(default_factory=Mishaps)

    def __post_init__(self) -> None:
        self.library = Library(self.content)

    def clear(self) -> None:
        """Forget sessions, counts and orders; the products stay."""
        self.sessions.clear()
        self.connections.clear()
        self.mishaps.clear()
