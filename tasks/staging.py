"""The staging container: where files are left for the GeoCatalog to read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from urllib.parse import parse_qs

from azure.core.credentials import TokenCredential
from prefect import task
from pydantic import SecretStr

from clients.blob import BlobContainer
from clients.geocatalog.ingestion import identity_connection, sas_connection
from clients.tokens import open_credential
from models.area import JsonDict
from models.bulk_request import BulkRequest
from models.errors import InvalidRequest, SettingsMissing
from settings import Settings, get_settings
from stac.containers import Container, container_of
from tasks.connect import geocatalog
from tasks.ingestion_source import RENEW_BEFORE, Registration, SourceRegistry, only_identity
from tasks.progress import say
from tasks.retries import RETRIED, UNCACHED

_RIGHTS = "rwcl"
_HOW = "make a new one in the Azure portal, at the container under *Shared access tokens*"


@dataclass(frozen=True)
class Staging:
    """A container of the user's, and how this program writes into it: by a SAS, or by the identity that signs in."""

    container: Container
    credential: SecretStr | TokenCredential

    @property
    def blobs(self) -> BlobContainer:
        """A writer into the container."""
        return BlobContainer(self.container.url, self.credential)

    def connection(self) -> JsonDict:
        """Return the body that lets the GeoCatalog read the container by the SAS.

        Raises:
            SettingsMissing: there is none.
        """
        if not isinstance(self.credential, SecretStr):
            raise SettingsMissing(
                "The GeoCatalog can read the staging container by a SAS only if GEOCATALOG_STAGING_SAS is set: set it,"
                " or ask for the ingestion source BlobManagedIdentity."
            )
        return sas_connection(self.container.url, self.credential)


def staging_of(
    settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC), *, needs_sas: bool = True
) -> Staging:
    """Return the staging container that the settings name.

    Args:
        needs_sas: whether a SAS has to be set; without one, the identity writes that signs in to the GeoCatalog.

    Raises:
        SettingsMissing: it is not set, or not usable; the message never holds the SAS.
    """
    sas = settings.staging_sas or SecretStr("")
    has_sas = bool(sas.get_secret_value())
    if not settings.staging_url or (needs_sas and not has_sas):
        also = "" if needs_sas else " (or none, for an identity with the role Storage Blob Data Contributor)"
        raise SettingsMissing(
            "This ingestion needs a container of yours for its files: set GEOCATALOG_STAGING_URL to the container's URL"
            f" and GEOCATALOG_STAGING_SAS to a SAS of it that permits read, write, create and list (sp=rwcl){also}."
        )
    container = container_of(f"{settings.staging_url}/file", settings.blob_root)
    if container is None or container.url != settings.staging_url:
        raise SettingsMissing(
            "GEOCATALOG_STAGING_URL is not the URL of a blob container: write it as"
            " https://ACCOUNT.blob.core.windows.net/CONTAINER, and the SAS into GEOCATALOG_STAGING_SAS."
        )
    if not has_sas:
        return Staging(container, open_credential(settings.credential, settings.client_id))
    _check_sas(sas, now())
    return Staging(container, sas)


def _check_sas(sas: SecretStr, now: datetime) -> None:
    fields = {name: values[0] for name, values in parse_qs(sas.get_secret_value().lstrip("?")).items()}
    if not fields.get("sig") or not fields.get("st"):
        raise SettingsMissing(f"GEOCATALOG_STAGING_SAS is no SAS with a start (st) and a signature (sig): {_HOW}.")
    if lacking := [right for right in _RIGHTS if right not in fields.get("sp", _RIGHTS)]:
        raise SettingsMissing(f"GEOCATALOG_STAGING_SAS lacks the rights {''.join(lacking)}: {_HOW}, with sp={_RIGHTS}.")
    if (ends := _instant(fields.get("se"))) is not None and ends - now < timedelta(minutes=1) + RENEW_BEFORE:
        raise SettingsMissing(f"GEOCATALOG_STAGING_SAS ends at {ends:%Y-%m-%d %H:%M} UTC: {_HOW}, for some days.")


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None  # a stored access policy says when it ends
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsMissing(f"GEOCATALOG_STAGING_SAS has no readable end (se): {_HOW}.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def require_import_type(import_type: str, api_version: str) -> None:
    """Do nothing if this program and the service's API know the import type.

    Raises:
        InvalidRequest: they do not.
    """
    if import_type != "StacGeoparquet":
        return
    if api_version == "2025-04-30-preview":
        raise InvalidRequest(
            "The api-version 2025-04-30-preview has no import of StacGeoparquet: set GEOCATALOG_API_VERSION to"
            " 2026-04-15, or ask for the import type StaticCatalog."
        )
    if find_spec("stac_geoparquet") is None or find_spec("pyarrow") is None:
        raise InvalidRequest(
            "Writing StacGeoparquet needs `pip install 'geocatalog-flows[bulk]'`; StaticCatalog, the other import type,"
            " does not."
        )


@task(name="check-staging", task_run_name="check staging container", **UNCACHED)
def check_staging(request: BulkRequest) -> str:
    """Check the settings that bulk ingestion needs, and return the staging container's URL; nothing is asked of it."""
    settings = get_settings()
    require_import_type(request.import_type, settings.api_version)
    return staging_of(settings).container.url


@task(name="register-staging", task_run_name="register staging container", **RETRIED, **UNCACHED)
def register_staging() -> Registration:
    """Let the GeoCatalog read the staging container by the SAS that is set now."""
    place = staging_of(get_settings())
    registry = SourceRegistry(geocatalog().ingestion, lambda container: place.connection())
    (registration,) = registry.ensure([place.container], renew=True)  # an older SAS may end sooner
    say(f"Ingestion source for {registration.container_url} {registration.action}")
    return registration


def staging_registry(place: Staging, kind: str, managed_identity: str | None) -> SourceRegistry:
    """Return the registry that lets the GeoCatalog read the staging container.

    Args:
        kind: SasToken or BlobManagedIdentity.
        managed_identity: object id, for that kind; None: the only one that the GeoCatalog has.
    """
    ingestion = geocatalog().ingestion
    if kind == "SasToken":
        return SourceRegistry(ingestion, lambda container: place.connection())
    return SourceRegistry(
        ingestion,
        lambda container: identity_connection(container.url, managed_identity or only_identity(ingestion)),
    )
