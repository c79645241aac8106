"""How the Copernicus Data Space refuses, limits, slows and misleads its clients."""

from typing import Literal

from pydantic import Field

from emulator.config_section import Section
from emulator.upstreams.copernicus.mishap_kinds import Kind

LARGE_BYTES = 200_000_000
"""Size of a large product: enough to be killed in the middle of its download."""


class AccountConfig(Section):
    """The one account, and what its sign-in answers. Tokens live as long as those of the real service."""

    username: str = "ada@example.com"
    password: str = "local-password"  # noqa: S105 - well known, as Azurite's key: nothing behind it is secret
    totp: str | None = Field(default=None, description="Second factor that the password grant then needs.")
    token_seconds: int = Field(default=600, ge=1, description="Life of an access token.")
    refresh_seconds: int = Field(default=3600, ge=1, description="From the first token of a session.")
    max_sessions: int = Field(default=100, ge=1, description="Every password grant opens one.")
    lock_after: int = Field(default=5, ge=1, description="Wrong passwords in a row; then none is accepted.")
    lock_seconds: float = Field(default=60, ge=0)
    incomplete: bool = Field(default=False, description="The account is not fully set up: 400.")
    audience: str = Field(default="CLOUDFERRO_PUBLIC", description="Another one is refused by downloads: 609.")


class CatalogueConfig(Section):
    """What the OData catalogue holds, and how it pages."""

    extra_products: int = Field(default=0, ge=0, le=200_000, description="Many light Sentinel-3 products.")
    large_products: int = Field(default=0, ge=0, le=100, description="Sentinel-1 products of large_bytes.")
    large_bytes: int = Field(default=LARGE_BYTES, ge=1000, le=4_000_000_000)
    max_skip: int = Field(
        default=10_000, ge=0, description="A larger $skip is refused (422); no next link leads there."
    )
    repeat_page: bool = Field(default=False, description="Each page begins with the last product of the one before.")


class DownloadConfig(Section):
    """How downloads behave, apart from what strikes single products."""

    ranges: Literal["honoured", "ignored", "wrong", "refused"] = Field(
        default="honoured", description="Answer to a Range: 206, 200, 206 of another range, 416."
    )
    connections: int = Field(default=4, ge=1, description="At once by account; then 429 DAT-ZIP-100.")
    slot_release_seconds: float = Field(default=0.0, ge=0, le=60, description="A slot is freed so late.")
    bytes_per_second: int | None = Field(default=None, ge=1, description="Of one connection; null: as fast as it goes.")
    retry_after: str | None = Field(default=None, description="Retry-After of 429 and 503; the real one sends none.")
    etag: bool = Field(default=False, description="Whether downloads carry an ETag, and honour If-Range.")


class CopernicusConfig(Section):
    """The Copernicus Data Space as a whole."""

    download_url: str | None = Field(
        default=None, description="Origin of downloads; null: localhost, where the others are at 127.0.0.1."
    )
    account: AccountConfig = AccountConfig()
    catalogue: CatalogueConfig = CatalogueConfig()
    download: DownloadConfig = DownloadConfig()
    mishaps: dict[Kind, float] = Field(
        default_factory=dict, description="Percentage of products that each kind of mishap strikes, by the seed."
    )
