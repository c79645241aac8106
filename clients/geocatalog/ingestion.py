"""`/inma`: ingestion sources and operations."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from clients.geocatalog.operation import Operation
from clients.session import ApiSession
from models.area import JsonDict
from models.errors import NotFoundError, RefusedError

SOURCES = "/inma/ingestion-sources"
OPERATIONS = "/inma/operations"
PAGE = 100
"""Operations a page: the service's default."""


class IngestionSource(BaseModel):
    """A container that the GeoCatalog may read.

    Attributes:
        kind: SasToken or BlobManagedIdentity.
        container_url: without a trailing slash.
        expiration: when its SAS token runs out, UTC; None for a managed identity or a stored access policy.
    """

    id: str
    kind: str
    container_url: str
    expiration: datetime | None = None

    @classmethod
    def parse(cls, body: JsonDict) -> "IngestionSource":
        """Return the source that the service's JSON describes."""
        info = body["connectionInfo"]
        return cls(
            id=body["id"],
            kind=body["kind"],
            container_url=info["containerUrl"].rstrip("/"),
            expiration=info.get("expiration"),
        )


def sas_connection(container_url: str, token: SecretStr) -> JsonDict:
    """Return the body that registers a container with a SAS token."""
    info = {"containerUrl": container_url, "sasToken": token.get_secret_value().lstrip("?")}
    return {"kind": "SasToken", "connectionInfo": info}


def identity_connection(container_url: str, object_id: str) -> JsonDict:
    """Return the body that registers a container for a managed identity of the GeoCatalog."""
    return {"kind": "BlobManagedIdentity", "connectionInfo": {"containerUrl": container_url, "objectId": object_id}}


class IngestionClient:
    """Ingestion sources, and the operations of the whole catalog."""

    def __init__(self, api: ApiSession) -> None:
        self._api = api

    def list_source_ids(self) -> list[str]:
        """Return the ids of all ingestion sources: the list names no container."""
        return [source["id"] for source in self._values(SOURCES)]

    def get_source(self, source_id: str) -> IngestionSource | None:
        """Return an ingestion source, or None if it is gone."""
        try:
            return IngestionSource.parse(self._api.get_json(f"{SOURCES}/{quote(source_id, safe='')}"))
        except NotFoundError:
            return None

    def create_source(self, connection: JsonDict) -> IngestionSource:
        """Register a container, 201.

        Raises:
            ConflictError: the container has a source already.
        """
        return IngestionSource.parse(self._api.json_of(self._api.request("POST", SOURCES, json=connection)))

    def replace_source(self, source_id: str, connection: JsonDict) -> IngestionSource:
        """Renew a source in place, 200: operations that use it go on."""
        response = self._api.request("PUT", f"{SOURCES}/{quote(source_id, safe='')}", json=connection)
        return IngestionSource.parse(self._api.json_of(response))

    def delete_source(self, source_id: str) -> None:
        """Delete a source, 204. Open operations that read from its container fail."""
        self._api.request("DELETE", f"{SOURCES}/{quote(source_id, safe='')}")

    def list_managed_identities(self) -> list[str]:
        """Return the object ids of the managed identities that the GeoCatalog has."""
        return [identity["objectId"] for identity in self._values(f"{SOURCES}/managed-identities")]

    def get_operation(self, operation_id: str) -> Operation:
        """Return one operation."""
        return Operation.parse(self._api.get_json(f"{OPERATIONS}/{quote(operation_id, safe='')}"))

    def has_open_operations(self) -> bool:
        """Tell whether any operation of the whole catalog goes on."""
        pages = (next(self.list_operations(status=status), []) for status in ("Running", "Pending"))
        return any(pages)

    def list_operations(self, collection_id: str = "", status: str = "") -> Iterator[list[Operation]]:
        """Yield the pages of operations, newest first.

        Args:
            collection_id: only those of this Collection.
            status: only those of this status.
        """
        asked = {"collectionId": collection_id, "status": status}
        params = {"$top": str(PAGE)} | {name: value for name, value in asked.items() if value}
        for page in self._api.get_pages(OPERATIONS, **params):
            yield [Operation.parse(body) for body in page]

    def require_write_access(self) -> None:
        """Do nothing if the signed-in identity may write: an empty source, which nobody can register, is tried.

        Raises:
            CredentialsError: it may only read (403), or is not signed in (401).
            RefusedError: what answers at this URL is no GeoCatalog.
        """
        try:
            self._api.request("POST", SOURCES, json={})
        except RefusedError as error:
            if error.status != 400:  # only a service that took the body for what it is answers so
                raise

    def _values(self, path: str) -> Iterator[JsonDict]:
        for page in self._api.get_pages(path):
            yield from page
