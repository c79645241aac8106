"""Ingestion sources: which containers the GeoCatalog may read, held like a lease.

A source is renewed in place before it runs out and never deleted while operations may use it.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel

from clients.geocatalog.ingestion import IngestionClient, IngestionSource, identity_connection, sas_connection
from clients.planetary_computer import PlanetaryComputer
from models.area import JsonDict
from models.errors import ConflictError, InvalidRequest
from models.requests import IngestRequest
from stac.containers import Container
from tasks.connect import geocatalog, planetary_computer

RENEW_BEFORE = timedelta(minutes=15)
"""Life that a source must have left; tokens of the Planetary Computer live 45-60 minutes."""


class Registration(BaseModel):
    """An ingestion source and what was done to it."""

    source_id: str
    container_url: str
    action: Literal["created", "renewed", "kept"]
    expiration: datetime | None = None


class SourceRegistry:
    """Finds, creates and renews the ingestion sources of containers.

    Args:
        connect: returns the body that registers a container, with a fresh token.
        now: UTC.
    """

    def __init__(
        self,
        ingestion: IngestionClient,
        connect: Callable[[Container], JsonDict],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ingestion = ingestion
        self._connect = connect
        self._now = now

    def ensure(self, containers: Iterable[Container], *, renew: bool = False) -> list[Registration]:
        """Make the GeoCatalog able to read the containers.

        Args:
            renew: whether sources are renewed even if they seem to live long enough.
        """
        wanted = sorted(containers)
        held = self._held() if wanted else {}
        return [self._ensure(container, held.get(container.url), renew) for container in wanted]

    def _held(self) -> dict[str, IngestionSource]:
        found = (self._ingestion.get_source(source_id) for source_id in self._ingestion.list_source_ids())
        return {source.container_url: source for source in found if source is not None}

    def _ensure(self, container: Container, source: IngestionSource | None, renew: bool) -> Registration:
        if source is None:
            return self._create(container)
        if source.kind == "SasToken" and (renew or self._runs_out(source)):
            return _registration(self._ingestion.replace_source(source.id, self._connect(container)), "renewed")
        return _registration(source, "kept")

    def _create(self, container: Container) -> Registration:
        try:
            created = self._ingestion.create_source(self._connect(container))
        except ConflictError:  # another run was faster
            held = self._held().get(container.url)
            if held is None:
                raise
            return _registration(held, "kept")
        return _registration(created, "created")

    def _runs_out(self, source: IngestionSource) -> bool:
        return source.expiration is not None and source.expiration - self._now() < RENEW_BEFORE


def _registration(source: IngestionSource, action: Literal["created", "renewed", "kept"]) -> Registration:
    return Registration(
        source_id=source.id, container_url=source.container_url, action=action, expiration=source.expiration
    )


def connection_maker(
    request: IngestRequest, containers: set[Container], source: PlanetaryComputer, ingestion: IngestionClient
) -> Callable[[Container], JsonDict]:
    """Return the function that makes the body of a registration, by the kind that the request asks for.

    The Planetary Computer gives a token per Collection; where the Items lie in several containers, one per container
    is asked for.
    """

    def by_sas(container: Container) -> JsonDict:
        if len(containers) == 1:
            return sas_connection(container.url, source.get_token(request.source_collection).token)
        return sas_connection(container.url, source.get_container_token(container.account, container.name).token)

    def by_identity(container: Container) -> JsonDict:
        return identity_connection(container.url, request.managed_identity or only_identity(ingestion))

    return by_sas if request.source_kind == "SasToken" else by_identity


def only_identity(ingestion: IngestionClient) -> str:
    """Return the object id of the GeoCatalog's managed identity.

    Raises:
        InvalidRequest: it has none, or several.
    """
    identities = ingestion.list_managed_identities()
    if len(identities) == 1:
        return identities[0]
    raise InvalidRequest(
        f"The GeoCatalog has {len(identities)} managed identities ({', '.join(identities) or 'none'}):"
        " attach one to it in the Azure portal, or name one in managed_identity."
    )


def registry_for(request: IngestRequest, containers: set[Container]) -> SourceRegistry:
    """Return the registry that serves a request, with the clients of this process."""
    ingestion = geocatalog().ingestion
    return SourceRegistry(ingestion, connection_maker(request, containers, planetary_computer(), ingestion))
