"""Which storage container a file lies in, read from its href."""

from typing import NamedTuple
from urllib.parse import urlsplit

_BLOB_HOSTS = (".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn")


class Container(NamedTuple):
    """A container of Azure Blob Storage.

    Attributes:
        url: without a trailing slash.
    """

    url: str
    account: str
    name: str


def container_of(href: str, blob_root: str | None = None) -> Container | None:
    """Return the container of a file, or None if the href is not a file in one.

    Args:
        href: absolute URL of the file.
        blob_root: URL below which storage is addressed as ACCOUNT/CONTAINER/PATH.
    """
    if blob_root and href.startswith(f"{blob_root}/"):
        account, _, rest = href.removeprefix(f"{blob_root}/").partition("/")
        name, _, path = rest.partition("/")
        return Container(f"{blob_root}/{account}/{name}", account, name) if name and path else None
    parts = urlsplit(href)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host.endswith(_BLOB_HOSTS):
        return None
    name, _, path = parts.path.lstrip("/").partition("/")
    return Container(f"https://{host}/{name}", host.partition(".")[0], name) if name and path else None


def containers_of(item: dict[str, object], blob_root: str | None = None) -> set[Container]:
    """Return the containers of all assets of an Item."""
    assets = item.get("assets")
    hrefs = [str(asset.get("href", "")) for asset in assets.values()] if isinstance(assets, dict) else []
    return {container for href in hrefs if (container := container_of(href, blob_root))}
