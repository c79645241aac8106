"""Where the hosts of the Copernicus Data Space are: two origins, and a path for each host.

The real names are identity, catalogue and download .dataspace.copernicus.eu.
"""

from urllib.parse import urlsplit, urlunsplit

from emulator.config import EmulatorConfig

ROOT = "/copernicus"
AUTH = f"{ROOT}/auth/realms/CDSE"
CATALOGUE = f"{ROOT}/catalogue/odata/v1"
DOWNLOAD = f"{ROOT}/download/odata/v1"
STAC = f"{ROOT}/stac/v1"


def catalogue_root(config: EmulatorConfig) -> str:
    """`http://127.0.0.1:8090/copernicus/catalogue/odata/v1`."""
    return config.public_url + CATALOGUE


def download_root(config: EmulatorConfig) -> str:
    """`http://localhost:8090/copernicus/download/odata/v1`: another origin, so that clients drop their token."""
    return (config.copernicus.download_url or _other_origin(config.public_url)).rstrip("/") + DOWNLOAD


def _other_origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.hostname != "127.0.0.1":
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace("127.0.0.1", "localhost", 1)))
