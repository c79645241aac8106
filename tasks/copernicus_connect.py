"""Open the Copernicus Data Space, with the settings of this process; each client is made once, for all threads."""

from functools import cache, partial
from hashlib import blake2b
from pathlib import Path

from clients.copernicus.catalogue import ODataCatalogue
from clients.copernicus.disk import DiskBudget
from clients.copernicus.download import Downloader
from clients.copernicus.hosts import Hosts
from clients.copernicus.stac_catalogue import StacCatalogue
from clients.copernicus.token_file import TokenFile
from clients.copernicus.tokens import CopernicusTokens
from clients.copernicus.transfer import Transfer
from models.errors import SettingsMissing
from settings import CopernicusSettings, get_copernicus_settings
from tasks.connection_slots import ConnectionSlots
from tasks.operation_watch import STOPPING
from tasks.stopping import pause


@cache
def copernicus_catalogue() -> ODataCatalogue:
    """Return the client of the OData catalogue."""
    return ODataCatalogue(get_copernicus_settings().catalogue_url)


@cache
def copernicus_stac() -> StacCatalogue:
    """Return the client of the STAC API."""
    return StacCatalogue(get_copernicus_settings().stac_url)


@cache
def copernicus_tokens() -> CopernicusTokens:
    """Return the one sign-in of this process; nothing is asked of it yet.

    Raises:
        SettingsMissing: there is no user name or password.
    """
    settings = get_copernicus_settings()
    if not settings.username or settings.password is None:
        raise SettingsMissing(
            "GEOCATALOG_COPERNICUS_USERNAME and GEOCATALOG_COPERNICUS_PASSWORD are not both set: put those of a"
            " Copernicus Data Space account into the environment or into .env."
        )
    file = TokenFile(account_dir(settings) / "sign-in.json", STOPPING.is_set)
    return CopernicusTokens(
        settings.token_url, settings.username, settings.password, file, totp=settings.totp, sleep=pause
    )


@cache
def connection_slots() -> ConnectionSlots:
    """Return the connections of the account."""
    settings = get_copernicus_settings()
    return ConnectionSlots(account_dir(settings), settings.connections)


@cache
def downloader() -> Downloader:
    """Return the downloader."""
    settings = get_copernicus_settings()
    hosts = Hosts(settings.catalogue_url, settings.download_url)
    return Downloader(
        Transfer(hosts, settings.connections),
        copernicus_tokens(),
        partial(copernicus_catalogue().product, collection=""),
        slot=connection_slots().hold,
        deletion=copernicus_catalogue().deletion,
        cancelled=STOPPING.is_set,
        sleep=pause,
    )


@cache
def disk_budget(folder: Path) -> DiskBudget:
    """Return the room in a folder; all downloads of this process share it."""
    return DiskBudget(folder, get_copernicus_settings().disk_bytes)


def account_dir(settings: CopernicusSettings) -> Path:
    """Return the folder that processes of this machine share for one account of one service."""
    account = f"{settings.token_url} {settings.username}"
    return settings.state_dir / blake2b(account.encode(), digest_size=8).hexdigest()


def disconnect_copernicus() -> None:
    """Forget the clients, so that the next call opens new ones."""
    for opened in (copernicus_catalogue, copernicus_stac, copernicus_tokens, connection_slots, downloader, disk_budget):
        opened.cache_clear()
