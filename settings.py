"""Settings from the environment or `.env`; names start with `GEOCATALOG_`. `.env.example` explains each."""

from functools import cache
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from dotenv import load_dotenv
from platformdirs import user_data_path, user_state_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

import secret_places
from clients.tokens import CredentialKind
from models.errors import SettingsMissing
from models.redact import hide

_IDENTITY = "https://identity.dataspace.copernicus.eu"
_S = TypeVar("_S", bound=BaseSettings)


def _ledger_of_this_user() -> SecretStr:
    return SecretStr(f"sqlite:///{(user_data_path('geocatalog-flows') / 'ledger.sqlite').as_posix()}")


class LedgerSettings(BaseSettings):
    """What a flow needs that knows no GeoCatalog."""

    model_config = SettingsConfigDict(env_prefix="GEOCATALOG_", env_file=".env", extra="ignore")

    ledger_url: SecretStr = Field(default_factory=_ledger_of_this_user)
    """SQLAlchemy URL of the ledger, SQLite or PostgreSQL; a file in the user's data folder by default."""
    areas_dir: Path = Path(__file__).parent / "deployments" / "areas"
    """Folder of the GeoJSON files that requests name as `areas`."""
    output_dir: Path = Path("output")
    """Folder of previews, pictures and reports."""


class SignIn(BaseSettings):
    """How to sign in to Azure; azure-identity reads its secrets itself."""

    model_config = SettingsConfigDict(env_prefix="GEOCATALOG_", env_file=".env", extra="ignore")

    credential: CredentialKind = "default"
    client_id: str | None = None
    """Client id of a user-assigned managed identity."""


class Settings(LedgerSettings, SignIn):
    """Where the services are and how long to wait for them.

    A secret may be given by its place (`secret_places.py`).
    """

    url: str
    """Base URL of the GeoCatalog, without a path."""
    api_version: Literal["2026-04-15", "2025-04-30-preview"] = "2026-04-15"
    scope: str = "https://geocatalog.spatio.azure.com/.default"
    source_url: str = "https://planetarycomputer.microsoft.com/api"
    """API root of the source: `/stac/v1`, `/sas/v1` and `/data/v1` are below it."""
    blob_root: str | None = None
    """URL below which storage is addressed as ACCOUNT/CONTAINER/PATH (Azurite, the local GeoCatalog)."""
    operation_timeout: float = Field(default=3600, gt=0)
    """Seconds to wait for one operation; recorded ones take 1-22 s, queues are not bounded by the service."""
    poll_interval: float = Field(default=2, gt=0)
    """Seconds between two looks at the operations."""
    recreate_timeout: float = Field(default=90, gt=0)
    """Seconds to repeat the creation of a Collection that was just deleted; the service refuses it for 45 s."""
    staging_url: str | None = None
    """URL of a container of yours where bulk ingestion may leave files for the GeoCatalog to read."""
    staging_sas: SecretStr | None = None
    """SAS of that container, with rights to read, write, create and list (sp=rwcl)."""
    bulk_timeout: float = Field(default=86_400, gt=0)
    """Seconds to wait for one bulk run; 10,000 Items at 5 s each would take 14 hours if done one by one."""
    alert_webhook: SecretStr | None = None
    """URL that `geocatalog automations` lets Prefect call when there is something to tell; such URLs hold a token."""

    @field_validator("url", "source_url", "blob_root", "staging_url")
    @classmethod
    def _is_url(cls, url: str | None) -> str | None:
        return _checked_url(url)


class CopernicusSettings(BaseSettings):
    """Account and services of the Copernicus Data Space, and where its files go."""

    model_config = SettingsConfigDict(env_prefix="GEOCATALOG_COPERNICUS_", env_file=".env", extra="ignore")

    username: str | None = None
    """User name of a Copernicus account: its e-mail address."""
    password: SecretStr | None = None
    totp: SecretStr | None = None
    """Code of the second factor: good for one sign-in, so for runs that somebody watches only."""
    token_url: str = f"{_IDENTITY}/auth/realms/CDSE/protocol/openid-connect/token"
    catalogue_url: str = "https://catalogue.dataspace.copernicus.eu/odata/v1"
    """Root of the OData catalogue."""
    download_url: str = "https://download.dataspace.copernicus.eu/odata/v1"
    stac_url: str = "https://stac.dataspace.copernicus.eu/v1"
    search: Literal["odata", "stac"] = "odata"
    """Which of the two catalogues is searched."""
    folder: Path = Path("copernicus")
    """Folder of the downloaded files."""
    disk_bytes: int | None = Field(default=None, gt=0)
    """Most bytes of all files in the folder; None: as many as the disk has free."""
    state_dir: Path = Field(default_factory=lambda: user_state_path("geocatalog-flows") / "copernicus")
    """Folder of the sign-in and of the locks that the processes of this machine share."""
    connections: int = Field(default=4, ge=1, le=20)
    """Connections of the account: 4 of a general user, 20 of a Copernicus Service."""

    @field_validator("token_url", "catalogue_url", "download_url", "stac_url")
    @classmethod
    def _is_url(cls, url: str | None) -> str | None:
        return _checked_url(url)


class ObservEarthSettings(BaseSettings):
    """Account of ObservEarth."""

    model_config = SettingsConfigDict(env_prefix="GEOCATALOG_OBSERVEARTH_", env_file=".env", extra="ignore")

    api_key: SecretStr
    url: str = "https://observearth.com/api"
    """Root of its API."""
    timeout: float = Field(default=60, gt=0)
    """Seconds for one answer; what takes longer is given up."""

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: str | None) -> str | None:
        return _checked_url(url)


class BatchSettings(BaseSettings):
    """Account of Azure Batch for `run_batch_job`."""

    model_config = SettingsConfigDict(env_prefix="GEOCATALOG_BATCH_", env_file=".env", extra="ignore")

    url: str
    """Such as https://ACCOUNT.REGION.batch.azure.com."""
    pool: str
    """Pool of its jobs, unless the request names another."""
    identity: str
    """Client id of the pool's user-assigned managed identity, as which jobs sign in."""
    image: str | None = None
    """Container image that jobs run in; None: on the node itself."""
    poll_interval: float = Field(default=10, gt=0)
    """Seconds between two looks at a job."""
    scripts_dir: Path = Path(__file__).parent / "deployments" / "azure_batch" / "scripts"
    """Folder of the scripts that requests name as `script_name`."""

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: str | None) -> str | None:
        return _checked_url(url)


def _checked_url(url: str | None) -> str | None:
    if url is not None and not url.startswith(("https://", "http://")):
        raise ValueError(f"{url!r} is not a URL: it must start with https://")
    if url is not None and not urlsplit(url).hostname:
        raise ValueError(f"{url!r} is not a URL: it names no host")
    return url.rstrip("/") if url else url


@cache
def get_settings() -> Settings:
    """Return the settings of this process.

    Raises:
        SettingsMissing: one is missing or wrong.
    """
    return _read(Settings)


@cache
def get_sign_in() -> SignIn:
    """Return how this process signs in to Azure.

    Raises:
        SettingsMissing: a setting is wrong.
    """
    return _read(SignIn)


@cache
def get_ledger_settings() -> LedgerSettings:
    """Return the settings of flows that know no GeoCatalog.

    Raises:
        SettingsMissing: one is wrong.
    """
    return _read(LedgerSettings)


@cache
def get_copernicus_settings() -> CopernicusSettings:
    """Return the settings of the Copernicus Data Space.

    Raises:
        SettingsMissing: one is wrong.
    """
    return _read(CopernicusSettings)


@cache
def get_observearth_settings() -> ObservEarthSettings:
    """Return the settings of ObservEarth.

    Raises:
        SettingsMissing: one is missing or wrong.
    """
    return _read(ObservEarthSettings)


@cache
def get_batch_settings() -> BatchSettings:
    """Return the settings of Azure Batch.

    Raises:
        SettingsMissing: one is missing or wrong.
    """
    return _read(BatchSettings)


def forget_settings() -> None:
    """Read the environment anew at the next call."""
    for read in (
        get_settings,
        get_sign_in,
        get_ledger_settings,
        get_copernicus_settings,
        get_observearth_settings,
        get_batch_settings,
    ):
        read.cache_clear()


def _read(kind: type[_S]) -> _S:
    load_dotenv(".env")  # azure-identity and Prefect read the environment only
    prefix = kind.model_config["env_prefix"]
    try:
        return _with_secrets(kind(), prefix)
    except ValidationError as error:
        raise SettingsMissing(_sentence(error, prefix)) from None


def _with_secrets(settings: _S, prefix: str) -> _S:
    """Return the settings with each secret read from where it is kept, and known to `redact`."""
    found = {}
    for name, value in settings:
        if isinstance(value, SecretStr):
            secret = secret_places.read(f"{prefix}{name}".upper(), value.get_secret_value(), _sign_in)
            hide(secret)
            found[name] = SecretStr(secret)
    return settings.model_copy(update=found)


def _sign_in() -> tuple[CredentialKind, str | None]:
    chosen = SignIn()
    return chosen.credential, chosen.client_id


def _sentence(error: ValidationError, prefix: str) -> str:
    first = error.errors()[0]
    name = f"{prefix}{'_'.join(map(str, first['loc']))}".upper()
    if first["type"] == "missing":
        return f"{name} is not set: put it into the environment or into .env (copy .env.example)."
    return f"{name} is wrong: {first['msg'].removeprefix('Value error, ')}."
