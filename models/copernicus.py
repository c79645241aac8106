"""Products of the Copernicus Data Space, and what became of each."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from models.area import JsonDict
from models.failure import Failure

AttributeValue = str | bool | int | float


_IN_A_ZIP = (".SAFE", ".SEN3", ".SEN6")
"""Folders; the service sends them, and what has no ending, as zip."""


class Product(BaseModel):
    """A product as the catalogue describes it.

    Attributes:
        product_id: UUID of the product; downloads ask by it.
        name: such as `S2A_MSIL2A_20240204T131201_N0510_R138_T27VVL_20240204T154527.SAFE`; no path separators.
        collection: Collection of the Copernicus catalogue, such as SENTINEL-2.
        size: bytes of the file that is downloaded; None where the catalogue does not say (`ContentLength` 0).
        md5, blake3: checksums of that file in hexadecimal digits; None where the catalogue does not say.
        start, end: sensing time, UTC.
        published, modified: when the catalogue got it, and last changed it, UTC.
        online: False if it has to be ordered in the Data Workspace first.
        footprint: GeoJSON geometry, WGS 84 degrees; None of auxiliary files.
        attributes: by name, such as cloudCover (percent), orbitNumber, productType.
        s3_path: place in the archive, `/eodata/...`; "" where unknown.
    """

    product_id: Annotated[str, Field(pattern=r"^[0-9A-Fa-f-]{36}$")]
    name: Annotated[str, Field(min_length=1, max_length=240, pattern=r"^[^/\\\x00.][^/\\\x00]*$")]
    collection: str
    size: int | None = None
    md5: str | None = None
    blake3: str | None = None
    start: datetime
    end: datetime
    published: datetime | None = None
    modified: datetime | None = None
    online: bool = True
    footprint: JsonDict | None = None
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    s3_path: str = ""

    @property
    def file_name(self) -> str:
        """Usual name of the downloaded file: folders come as zip. A download is named by what came; see its path."""
        has_ending = "." in self.name and not self.name.upper().endswith(_IN_A_ZIP)
        return self.name if has_ending else f"{self.name}.zip"


class DownloadedProduct(BaseModel):
    """A product whose file lies on this machine, verified. It is also the manifest beside the file.

    Attributes:
        path: absolute path of the file: the product's name, with `.zip` added if it is one.
        size: bytes of the file.
        checksum: of the file: `blake3:` or `md5:`, and hexadecimal digits.
        verified_by: what the file was compared with: the catalogue's blake3 or md5, the CRCs of the zip, or its size.
        fetched: bytes that were received for it by the run that finished it; less than `size` after a resume.
        seconds: that it took that run, waiting included.
        downloaded: when it was finished, UTC.
        modified_ns: modification time of the file in nanoseconds since 1970: as long as it and the size are the same,
            the file is not read again to verify it.
    """

    product: Product
    path: str
    size: int
    checksum: str
    verified_by: str
    fetched: int
    seconds: float
    downloaded: datetime
    modified_ns: int


class ProductState(StrEnum):
    """How far a product is, or why it is no farther."""

    FOUND = "found"
    """The search has named it; nothing of it was asked for."""
    DOWNLOADING = "downloading"
    """A run works on it, or was killed while it did."""
    DOWNLOADED = "downloaded"
    """Its file is here, verified."""
    STAGED = "staged"
    """It is in the staging container, verified."""
    SUBMITTED = "submitted"
    """Its Item was sent to the GeoCatalog."""
    PROVEN = "proven"
    """Its Item was read back from the GeoCatalog."""
    OFFLINE = "offline"
    """The service has it in its archive only; it cannot be ordered by the API."""
    QUOTA = "quota"
    """The account had no free connection, or no quota left, for as long as a run waits."""
    CORRUPT = "corrupt"
    """What was received does not agree with the catalogue's checksum, twice."""
    UNAUTHORISED = "unauthorised"
    """The service does not let this account have it."""
    FAILED = "failed"
    """Anything else; the failure says what."""


NOT_DOWNLOADED = (
    ProductState.OFFLINE,
    ProductState.QUOTA,
    ProductState.CORRUPT,
    ProductState.UNAUTHORISED,
    ProductState.FAILED,
)
"""States of a product that a run has given up."""


class ProductOutcome(BaseModel):
    """One product and what a run made of it.

    Attributes:
        was_there: True if its verified file was there before the run.
        failure: why it is in one of the states of `NOT_DOWNLOADED`.
        downloaded: manifest of its file, once there is one.
    """

    product_id: str
    name: str
    state: ProductState
    was_there: bool = False
    failure: Failure | None = None
    downloaded: DownloadedProduct | None = None

    @property
    def is_failed(self) -> bool:
        """Tell whether the run has given it up."""
        return self.state in NOT_DOWNLOADED
