"""`/inma/collections/{id}/ingestions`: bulk ingestion of whole catalogs, and its runs."""

from collections.abc import Iterator
from urllib.parse import quote

from pydantic import BaseModel

from clients.geocatalog.operation import ENDED, Operation
from clients.session import ApiSession
from models.area import JsonDict
from models.failure import Failure

URL_NAMES = {"StaticCatalog": "sourceCatalogUrl", "StacGeoparquet": "stacGeoparquetUrl"}
"""Import types, and the member that says where the service reads; StacGeoparquet is new in api-version 2026-04-15."""


class Ingestion(BaseModel):
    """The definition of a bulk ingestion: what is read, not that it is.

    Attributes:
        name: its `displayName`.
        is_ready: False while it is being deleted.
    """

    id: str
    name: str = ""
    is_ready: bool = True

    @classmethod
    def parse(cls, body: JsonDict) -> "Ingestion":
        """Return the ingestion that the service's JSON describes."""
        return cls(id=body["id"], name=body.get("displayName") or "", is_ready=body.get("status") != "Deleting")


class IngestionRun(BaseModel):
    """One run of an ingestion, with its counters.

    Attributes:
        operation_id: the operation as `/inma/operations` lists it.
        status: Pending (others run before it), Running, Succeeded, Canceling, Canceled or Failed.
        total: Items that the service found; 0 before it has read the catalog.
        failure: why it ended otherwise than as `Succeeded`; which Items failed is not in the API.
    """

    id: str
    operation_id: str
    status: str
    total: int = 0
    successful: int = 0
    failed: int = 0
    failure: Failure | None = None

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing will change any more."""
        return self.status in ENDED

    @classmethod
    def parse(cls, body: JsonDict) -> "IngestionRun":
        """Return the run that the service's JSON describes."""
        operation = body["operation"]
        return cls(
            id=body["id"],
            operation_id=operation["id"],
            status=operation["status"],
            total=operation.get("totalItems") or 0,
            successful=operation.get("totalSuccessfulItems") or 0,
            failed=operation.get("totalFailedItems") or 0,
            failure=Operation.parse(operation).failure,
        )


class BulkClient:
    """Bulk ingestions of Collections."""

    def __init__(self, api: ApiSession) -> None:
        self._api = api

    def create(self, collection_id: str, import_type: str, url: str, name: str) -> Ingestion:
        """Describe a bulk ingestion, 201; nothing is read before it is run. Items that exist are skipped.

        Args:
            import_type: StaticCatalog or StacGeoparquet.
            url: of the catalog.json or of the geoparquet file, unsigned, in a container with an ingestion source.
            name: its `displayName`.
        """
        body = {
            "importType": import_type,
            "displayName": name,
            URL_NAMES[import_type]: url,
            "skipExistingItems": True,  # a repeated run does not fail by what an earlier one has done
            "keepOriginalAssets": False,
        }
        return Ingestion.parse(self._api.json_of(self._api.request("POST", _path(collection_id), json=body)))

    def list_ingestions(self, collection_id: str) -> list[Ingestion]:
        """Return all bulk ingestions of a Collection."""
        return [Ingestion.parse(body) for body in self._values(_path(collection_id))]

    def begin_delete(self, collection_id: str, ingestion_id: str) -> Operation:
        """Start to delete an ingestion with its runs, 202; the files that it read stay.

        Raises:
            ConflictError: one of its runs has not ended.
        """
        return Operation.parse(self._api.json_of(self._api.request("DELETE", _path(collection_id, ingestion_id))))

    def create_run(self, collection_id: str, ingestion_id: str) -> IngestionRun:
        """Queue a run of an ingestion, 201; the service executes one at a time."""
        path = _path(collection_id, ingestion_id, "runs")
        return IngestionRun.parse(self._api.json_of(self._api.request("POST", path)))

    def list_runs(self, collection_id: str, ingestion_id: str) -> list[IngestionRun]:
        """Return all runs of an ingestion."""
        return [IngestionRun.parse(body) for body in self._values(_path(collection_id, ingestion_id, "runs"))]

    def _values(self, path: str) -> Iterator[JsonDict]:
        for page in self._api.get_pages(path):
            yield from page


def _path(collection_id: str, *parts: str) -> str:
    base = f"/inma/collections/{quote(collection_id, safe='')}/ingestions"
    return base + "".join(f"/{quote(part, safe='')}" for part in parts)
