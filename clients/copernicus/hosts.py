"""Where the Copernicus Data Space is, and which of its hosts may see an access token."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_DOMAIN = ".dataspace.copernicus.eu"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Hosts:
    """Roots of the OData services; each can be another server's, such as the local stand-in's."""

    catalogue_url: str
    download_url: str

    def may_see_token(self, url: str) -> bool:
        """Tell whether an access token may be sent to this URL.

        Only the service's own hosts may see it, by https; this machine may if it is configured as one of them. A
        redirect to anywhere else is followed without it.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        ours = {urlsplit(each).hostname for each in (self.catalogue_url, self.download_url)}
        if host in _LOOPBACK:
            return not ours.isdisjoint(_LOOPBACK)
        return parts.scheme == "https" and (host in ours or host.endswith(_DOMAIN))

    def product_url(self, product_id: str) -> str:
        """Return the URL of a product's file; the key is not quoted (DAT-ZIP-104 otherwise)."""
        return f"{self.download_url}/Products({product_id})/$value"
