"""Settings from the environment or `.env`; names start with `GEOCATALOG_`. `.env.example` explains each."""

from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import load_dotenv
from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import SettingsMissing

CredentialKind = Literal["default", "azure-cli", "managed-identity", "workload-identity", "environment"]


def _ledger_of_this_user() -> SecretStr:
    return SecretStr(f"sqlite:///{(user_data_path('geocatalog-flows') / 'ledger.sqlite').as_posix()}")


class Settings(BaseSettings):
    """Where the services are and how long to wait for them; azure-identity reads its secrets itself."""

    model_config = SettingsConfigDict(env_prefix="GEOCATALOG_", env_file=".env", extra="ignore")

    url: str
    """Base URL of the GeoCatalog, without a path."""
    api_version: Literal["2026-04-15", "2025-04-30-preview"] = "2026-04-15"
    credential: CredentialKind = "default"
    client_id: str | None = None
    """Client id of a user-assigned managed identity."""
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
    ledger_url: SecretStr = Field(default_factory=_ledger_of_this_user)
    """SQLAlchemy URL of the ledger, SQLite or PostgreSQL; a file in the user's data folder by default."""
    areas_dir: Path = Path(__file__).parent / "deployments" / "areas"
    """Folder of the GeoJSON files that requests name as `areas`."""
    staging_url: str | None = None
    """URL of a container of yours where bulk ingestion may leave files for the GeoCatalog to read."""
    staging_sas: SecretStr | None = None
    """SAS of that container, with rights to read, write, create and list (sp=rwcl)."""
    bulk_timeout: float = Field(default=86_400, gt=0)
    """Seconds to wait for one bulk run; 10,000 Items at 5 s each would take 14 hours if done one by one."""
    output_dir: Path = Path("output")
    """Folder of previews."""

    @field_validator("url", "source_url", "blob_root", "staging_url")
    @classmethod
    def _is_url(cls, url: str | None) -> str | None:
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
    load_dotenv(".env")  # azure-identity and Prefect read the environment only
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsMissing(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    name = f"GEOCATALOG_{'_'.join(map(str, first['loc']))}".upper()
    if first["type"] == "missing":
        return f"{name} is not set: put it into the environment or into .env (copy .env.example)."
    return f"{name} is wrong: {first['msg'].removeprefix('Value error, ')}."
