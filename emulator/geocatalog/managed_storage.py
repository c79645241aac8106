"""Where the GeoCatalog keeps its copies, and how their URLs are signed."""

from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from emulator.blobs import MANAGED_ROOT, container_url_of
from emulator.chance import hex_digits
from emulator.json_types import JsonDict
from emulator.sas_tokens import SasToken
from emulator.state import EmulatorState

ACCOUNT = "geocatalogmanaged"
DEFAULT_SIGN_MINUTES = 24 * 60
"""Life of a SAS when the request names none."""


def account_url(state: EmulatorState) -> str:
    """Return the URL of the managed storage account, without trailing slash."""
    return f"{state.config.public_url}{MANAGED_ROOT}{ACCOUNT}"


def container_url(state: EmulatorState, collection_id: str) -> str:
    """Return the URL of a Collection's container: `{collectionId}-{8 hex digits}`."""
    digits = hex_digits(8, "container", collection_id)
    return f"{account_url(state)}/{collection_id}-{digits}"


def item_prefix(state: EmulatorState, collection_id: str, item_id: str) -> str:
    """Return the URL that the blobs of one Item start with; three hex digits vary by Item."""
    digits = hex_digits(3, "item", item_id)
    return f"{container_url(state, collection_id)}/{digits}/{quote(item_id)}/"


def asset_url(prefix: str, key: str, source_url: str) -> str:
    """Return the managed URL of one asset: its key with the extension of its source."""
    extension = PurePosixPath(unquote(urlsplit(source_url).path)).suffix
    return prefix + quote(key + extension)


def is_managed(href: str) -> bool:
    """Say whether a URL points into managed storage."""
    return urlsplit(href).path.startswith(MANAGED_ROOT)


def sign_href(state: EmulatorState, href: str, minutes: float) -> tuple[str, SasToken | None]:
    """Append a SAS to a managed URL; any other is returned as it is, without a token."""
    if not is_managed(href):
        return href, None
    plain = href.partition("?")[0]
    token = state.sas.sign(container_url_of(plain), minutes, state.clock.now())
    return f"{plain}?{token.token}", token


def sign_assets(state: EmulatorState, documents: list[JsonDict], minutes: float) -> None:
    """Sign every managed asset href of these Items or Collections, in place."""
    tokens: dict[str, str] = {}
    for asset in (a for document in documents for a in (document.get("assets") or {}).values()):
        href = asset["href"]
        if is_managed(href):
            container = container_url_of(href)
            if container not in tokens:
                tokens[container] = state.sas.sign(container, minutes, state.clock.now()).token
            asset["href"] = f"{href}?{tokens[container]}"
