"""Azure Blob Storage, as far as staging needs it: files into one container, verified, and not twice."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from azure.core.credentials import AzureSasCredential, TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobBlock, BlobClient, ContainerClient, ContentSettings
from pydantic import SecretStr

from clients.http_session import TRANSIENT_STATUSES, open_session
from models.errors import CredentialsError, GeoCatalogFlowsError, RefusedError, Stopped, TransientError
from models.redact import redact

API_VERSION = "2023-11-03"
"""`x-ms-version`: old enough for every cloud and for Azurite; the client's own default is newer than both."""
BLOCK = 8 * 2**20
"""Bytes of a block: 50,000 of them, the most of a blob, are 390 GiB; what an interruption loses is at most one each."""
PARALLEL = 8
"""Blocks on their way at once, of all files of this process: 64 MiB of memory."""
CONNECT, READ = 10, 600
"""Seconds to connect, and between two bytes of an answer: storage answers after it has the whole block."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
Cancelled = Callable[[], bool]


class Stored(NamedTuple):
    """A blob as it now is.

    Attributes:
        url: unsigned.
        size: bytes.
        md5: in hexadecimal.
        sent: bytes that had to be sent; 0 if the container had the blob already.
    """

    url: str
    size: int
    md5: str
    sent: int


class _Block(NamedTuple):
    number: int
    length: int
    md5: str

    @property
    def id(self) -> str:
        """Name of the block: equal blocks of an interrupted upload have equal names, and are not sent again."""
        return f"{self.number:06d}-{self.md5}"


class BlobContainer:
    """Writes block blobs into one container; safe to share between threads.

    Args:
        url: of the container, without a SAS.
        credential: a SAS that permits reading and writing, or an identity, which is sent over https only. It is in no
            message and in no URL that is returned.
        block_size: bytes.
    """

    def __init__(self, url: str, credential: SecretStr | TokenCredential, *, block_size: int = BLOCK) -> None:
        self.url = url.rstrip("/")
        self._credential = credential
        self._block_size = block_size
        self._pool = ThreadPoolExecutor(PARALLEL, "blob")
        self._opened: ContainerClient | None = None

    def put(self, path: str, content: bytes | Path, media_type: str, cancelled: Cancelled = lambda: False) -> Stored:
        """Make a blob have this content; the storage checks the MD5 of what it receives and keeps that of the whole.

        A file that the container has already, by size and MD5, is not sent; of one whose upload was interrupted, only
        the missing blocks are. Bytes are always sent, in one request.

        Args:
            path: below the container.
            content: the bytes, or the file that has them.
            media_type: its content type.
            cancelled: tells whether the process is asked to stop; asked before each block of a file.

        Raises:
            CredentialsError: the SAS or the identity does not permit it, or has run out.
            TransientError: no connection or 5xx after the session's retries, or the bytes arrived changed.
            RefusedError: anything else.
            Stopped: the process is asked to stop; blocks that were sent are not sent again by the next run.
        """
        url = f"{self.url}/{quote(path, safe='/')}"
        blob = self._container.get_blob_client(path)
        try:
            if isinstance(content, bytes):
                digest = hashlib.md5(content, usedforsecurity=False)
                self._put_whole(blob, content, _settings(media_type, digest.digest()))
                return Stored(url, len(content), digest.hexdigest(), len(content))
            return self._put_file(blob, content, media_type, url, cancelled)
        except HttpResponseError as error:
            raise self._refusal(error) from None
        except AzureError as error:  # its text may hold the SAS
            raise TransientError(
                f"The staging container {self.url} cannot be reached ({type(error).__name__}):"
                " check GEOCATALOG_STAGING_URL, and that this machine may reach it."
            ) from None

    def _put_file(self, blob: BlobClient, file: Path, media_type: str, url: str, cancelled: Cancelled) -> Stored:
        blocks, digest = _blocks_of(file, self._block_size, cancelled)
        size = sum(block.length for block in blocks)
        if _is_there(blob, size, digest):
            return Stored(url, size, digest.hex(), 0)
        settings = _settings(media_type, digest)
        if len(blocks) < 2:
            self._put_whole(blob, file.read_bytes(), settings)
            sent = size
        else:
            sent = self._put_blocks(blob, file, blocks, settings, cancelled)
        if not _is_there(blob, size, digest):
            raise TransientError(f"The staging container stored other bytes of {url} than were sent: run it again.")
        return Stored(url, size, digest.hex(), sent)

    def _put_whole(self, blob: BlobClient, content: bytes, settings: ContentSettings) -> None:
        blob.upload_blob(content, overwrite=True, content_settings=settings, validate_content=True)

    def _put_blocks(
        self, blob: BlobClient, file: Path, blocks: list[_Block], settings: ContentSettings, cancelled: Cancelled
    ) -> int:
        """Send the blocks that the container has not, then put all together; return the bytes that were sent."""
        held = _uncommitted(blob)
        missing = [block for block in blocks if block.id not in held]
        sending = [self._pool.submit(self._put_block, blob, file, block, cancelled) for block in missing]
        try:
            for each in sending:
                each.result()
        finally:  # once this has ended, well or not, nothing reads the file any more
            for each in sending:
                each.cancel()
            wait(sending)
        blob.commit_block_list([BlobBlock(block.id) for block in blocks], content_settings=settings)
        return sum(block.length for block in missing)

    def _put_block(self, blob: BlobClient, file: Path, block: _Block, cancelled: Cancelled) -> None:
        _raise_if(cancelled, file)
        with file.open("rb") as stream:
            stream.seek(block.number * self._block_size)
            blob.stage_block(block.id, stream.read(block.length), validate_content=True)

    @property
    def _container(self) -> ContainerClient:
        if self._opened is None:
            self._require_safe_url()
            credential: AzureSasCredential | TokenCredential = (
                AzureSasCredential(self._credential.get_secret_value().lstrip("?"))
                if isinstance(self._credential, SecretStr)
                else self._credential
            )
            transport = RequestsTransport(session=open_session(), session_owner=False)  # its retries are the session's
            self._opened = ContainerClient.from_container_url(
                self.url,
                credential=credential,
                transport=transport,
                retry_total=0,
                api_version=API_VERSION,
                max_single_put_size=5000 * 2**20,
                connection_timeout=CONNECT,
                read_timeout=READ,
            )
        return self._opened

    def _refusal(self, error: HttpResponseError) -> GeoCatalogFlowsError:
        status, code = error.status_code or 0, _code_of(error)
        said = redact(f"The staging container {self.url} answered {status} {code}".rstrip())
        if status in TRANSIENT_STATUSES or code == "Md5Mismatch":
            return TransientError(f"{said}. Run it again later.")
        if status in (401, 403) and isinstance(self._credential, SecretStr):
            return CredentialsError(
                f"{said}: GEOCATALOG_STAGING_SAS must be a SAS of this container that has not run out and permits"
                " read, write, create and list (sp=rwcl), and the container's network rules must admit this machine."
            )
        if status in (401, 403):
            return CredentialsError(
                f"{said}: give the signed-in identity the role Storage Blob Data Contributor on the container, and let"
                " the container's network rules admit this machine; or set GEOCATALOG_STAGING_SAS."
            )
        return RefusedError(f"{said}: check GEOCATALOG_STAGING_URL and that the container exists.", status, code)

    def _require_safe_url(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            return
        if parts.hostname not in _LOOPBACK:
            raise CredentialsError(f"The SAS is not sent to {self.url}: use https in GEOCATALOG_STAGING_URL.")
        if not isinstance(self._credential, SecretStr):
            raise CredentialsError(f"An identity is not sent to {self.url}, without https: set GEOCATALOG_STAGING_SAS.")


def _settings(media_type: str, md5: bytes) -> ContentSettings:
    return ContentSettings(content_type=media_type, content_md5=bytearray(md5))


def _is_there(blob: BlobClient, size: int, md5: bytes) -> bool:
    try:
        held = blob.get_blob_properties()
    except ResourceNotFoundError:
        return False
    return held.size == size and bytes(held.content_settings.content_md5 or b"") == md5


def _uncommitted(blob: BlobClient) -> set[str]:
    """Return the names of the blocks that an interrupted upload left."""
    try:
        _, blocks = blob.get_block_list("uncommitted")
    except ResourceNotFoundError:
        return set()
    return {str(block.id) for block in blocks}


def _raise_if(cancelled: Cancelled, file: Path) -> None:
    if cancelled():
        raise Stopped(f"Stopped while {file.name} was staged: the next run sends what is missing of it.")


def _blocks_of(file: Path, block_size: int, cancelled: Cancelled) -> tuple[list[_Block], bytes]:
    """Return the blocks of a file with their MD5, and the MD5 of the whole."""
    whole = hashlib.md5(usedforsecurity=False)
    blocks = []
    for number, content in enumerate(_read(file, block_size)):
        _raise_if(cancelled, file)
        whole.update(content)
        blocks.append(_Block(number, len(content), hashlib.md5(content, usedforsecurity=False).hexdigest()))
    return blocks, whole.digest()


def _read(file: Path, block_size: int) -> Iterable[bytes]:
    with file.open("rb") as stream:
        while content := stream.read(block_size):
            yield content


def _code_of(error: HttpResponseError) -> str:
    code = getattr(error, "error_code", "") or ""
    return str(getattr(code, "value", code))
