"""Items that come in together and are stored in one go."""

from dataclasses import dataclass, field

from emulator.geocatalog.asset_access import AssetAccess
from emulator.geocatalog.ingest import IngestedItem, ingest_item
from emulator.geocatalog.item_rules import ItemRejected
from emulator.json_types import JsonDict
from emulator.state import EmulatorState


@dataclass
class Batch:
    """The Items of one Collection, as far as they are good."""

    state: EmulatorState
    collection: str
    items: dict[str, IngestedItem] = field(default_factory=dict)
    errors: list[ItemRejected] = field(default_factory=list)

    def add(self, item: JsonDict, access: AssetAccess) -> None:
        """Take an Item in; nothing is stored yet.

        Raises:
            ItemRejected: the Item is there already, or cannot be ingested.
        """
        if self.state.catalog.get_collection(self.collection) is None:
            raise ItemRejected("CollectionDoesNotExist", f"Collection '{self.collection}' does not exist")
        if self.has(item["id"]):
            text = f"Item '{item['id']}' already exists in collection '{self.collection}'"
            raise ItemRejected("ItemAlreadyExistsInCollection", text)
        self.items[item["id"]] = ingest_item(self.state, item, self.collection, access)

    def has(self, item_id: str) -> bool:
        """Say whether an Item of this id is in the batch or in the catalog."""
        return item_id in self.items or self.state.catalog.has_item(self.collection, item_id)

    def store(self) -> None:
        """Make the Items visible and their blobs readable."""
        ingested = self.items.values()
        self.state.blobs.link_all({url: source for item in ingested for url, source in item.links.items()})
        for item in ingested:
            for url, fetched in item.uploads.items():
                self.state.blobs.put(url, fetched.data, fetched.content_type)
        self.state.catalog.put_items(item.document for item in ingested)
