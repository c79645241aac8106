"""How the GeoCatalog gets at the assets of an Item: by ingestion source, signature, or in public."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from emulator.blobs import UPSTREAM_ROOT, container_url_of
from emulator.content.public_containers import PUBLIC_CONTAINERS
from emulator.geocatalog.downloads import CODES_BY_STATUS, Download, asset_error
from emulator.geocatalog.ingestion_source import SECRET_KIND, SOURCE_KIND, source_key
from emulator.geocatalog.item_rules import ItemRejected
from emulator.geocatalog.managed_storage import is_managed
from emulator.sas_tokens import SasRefused
from emulator.state import EmulatorState

LEARN_MORE = "Learn more about Ingestion Sources: https://aka.ms/mpcpro-ingestion-source."
RESTRICTED = (
    "Error retrieving content from public source. Reason: Public access is not permitted on this storage account. "
    + LEARN_MORE
)


@dataclass
class AssetAccess:
    """Access as it was at one moment; remembers what it has checked per container."""

    state: EmulatorState
    at: float
    """Seconds since the epoch at which SAS tokens must be valid: the operation's end."""
    downloads: dict[str, Download]
    """What `download_all` fetched from other hosts, by href."""
    _containers: dict[str, ItemRejected | None] = field(default_factory=dict)

    def check(self, href: str) -> Download | None:
        """Return a download to store, or None when the blob is the emulator's own and can be linked.

        Raises:
            ItemRejected: the asset cannot be read; names it.
        """
        fault = self.state.faults.take_request("GET", urlsplit(href).path) if is_local(self.state, href) else None
        if fault:
            raise asset_error(CODES_BY_STATUS.get(fault.status, "GenericHttpIngestionError"), fault.error_text(), href)
        if is_managed(href):
            raise asset_error("PublicAccessRestricted", RESTRICTED, href)
        if is_local(self.state, href):
            self._check_local(href)
            return None
        download = self.downloads[href]
        if download.error:
            raise download.error
        return download

    def _check_local(self, href: str) -> None:
        if not urlsplit(href).path.startswith(UPSTREAM_ROOT):
            raise asset_error("IngestionResourceUriNotFound", "Resource not found.", href)
        plain, _, query = href.partition("?")
        container = container_url_of(plain)
        self._check_container(container, query, href)
        if not self.state.blobs.exists(container, plain.removeprefix(container + "/")):
            raise asset_error("IngestionResourceUriNotFound", "Resource not found.", href)

    def _check_container(self, container: str, query: str, href: str) -> None:
        if "sig=" in query:
            error = self._sas_error(container, query, href)
        else:
            if container not in self._containers:
                self._containers[container] = self._source_error(container, href)
            error = self._containers[container]
        if error:
            raise error

    def _source_error(self, container: str, href: str) -> ItemRejected | None:
        source = self.state.records.get(SOURCE_KIND, "", source_key(container))
        if source is None:
            is_public = tuple(urlsplit(container).path.split("/")[-2:]) in PUBLIC_CONTAINERS
            return None if is_public else asset_error("PublicAccessRestricted", RESTRICTED, href)
        if source["kind"] == "BlobManagedIdentity":
            return None
        secret = self.state.records.get(SECRET_KIND, "", source["id"]) or {}
        return self._sas_error(container, secret.get("sasToken", ""), href)

    def _sas_error(self, container: str, query: str, href: str) -> ItemRejected | None:
        try:
            self.state.sas.check(container, query, datetime.fromtimestamp(self.at, UTC))
        except SasRefused as refused:
            reason = f"{refused.message} {refused.detail}".strip()
            return asset_error("IngestionAuthenticationFailed", f"{reason} {LEARN_MORE}", href)
        return None


def is_local(state: EmulatorState, href: str) -> bool:
    """Say whether this emulator itself serves a URL; `localhost` is any loopback name."""
    ours, theirs = urlsplit(state.config.public_url), urlsplit(href)
    loopback = {"localhost", "127.0.0.1", "::1", ours.hostname}
    return theirs.hostname in loopback and theirs.port == ours.port
