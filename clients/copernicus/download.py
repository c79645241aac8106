"""Download of one product: asks, writes, waits, goes on, verifies, until it is there or given up.

What is done about each answer is in `answers.py`; here is how often.
"""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests
from filelock import FileLock, Timeout

from clients.copernicus.answers import ANSWERS, NotGiven, Step, raise_for_refusal, step_of, total_of
from clients.copernicus.errors import (
    Interrupted,
    ProductNotDownloaded,
    StartOver,
    Throttled,
    TokenRefused,
    WrongContent,
    busy_for_too_long,
    gone,
    offline,
)
from clients.copernicus.manifest import find_downloaded, write_manifest
from clients.copernicus.partial_file import OpenFile, PartialFile, open_unbuffered
from clients.copernicus.quarantine import find_quarantined, quarantine
from clients.copernicus.tokens import CopernicusTokens
from clients.copernicus.transfer import Transfer, chunks_of, error_of
from clients.copernicus.verify import verify
from models.copernicus import DownloadedProduct, Product, ProductState
from models.errors import RefusedError, Stopped, TransientError
from models.failure import FailureClass

PATIENCE = 1800.0
"""Seconds that one product may be waited for in all, for free connections and after interruptions."""
BUSY_WAIT = 60.0
"""Seconds to wait after a 429 that names no time, and up to a quarter more; other clients of the service do so."""
MAX_BACKOFF = 60.0
"""Seconds at most between two attempts after an interruption; the first wait is a second, and each doubles."""
FRUITLESS = 6
"""Interruptions in a row that brought no byte more than was there before; then the product is given up."""

OnPosition = Callable[[int], None]
OnTotal = Callable[[int, int | None], None]


@dataclass
class Downloader:
    """Downloads products; safe to share between threads.

    Attributes:
        slot: returns a context that holds one of the account's connections; entered for each transfer only.
        cancelled: tells whether the process is asked to stop; nobody waits for another process then.
        reread: asks the catalogue for a product by id; None if it is gone.
        deletion: asks the catalogue when and why a product was deleted; "" if nobody says.
        open_file, sleep, clock, chance: replaced in tests; seconds, and numbers between 0 and 1.
    """

    transfer: Transfer
    tokens: CopernicusTokens
    reread: Callable[[str], Product | None]
    slot: Callable[[], AbstractContextManager[None]] = field(default=nullcontext)
    deletion: Callable[[Product], str] = lambda product: ""
    cancelled: Callable[[], bool] = lambda: False
    patience: float = PATIENCE
    open_file: OpenFile = open_unbuffered
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def download(
        self,
        product: Product,
        folder: Path,
        on_position: OnPosition = lambda position: None,
        on_total: OnTotal = lambda position, total: None,
    ) -> DownloadedProduct:
        """Return the manifest of the product's verified file in the folder; fetch what is missing of it.

        Another process that downloads the same file is waited for.

        Args:
            on_position: called with the bytes of the file that are there, after each chunk.
            on_total: called before the first chunk of each transfer with the bytes that are there, and those of the
                whole file; None if neither the answer nor the catalogue says it. What it raises ends the download.

        Raises:
            ProductNotDownloaded: given up; its state and failure say why.
            CredentialsError: the sign-in was refused.
            TransientError: the catalogue could not be asked for a product that the download host does not give.
            Stopped: the process is asked to stop.
            NoSpace: the disk is full; what was received stays.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lock_path = folder / f"{product.name}.part.lock"
        try:
            with FileLock(lock_path).acquire(timeout=self.patience, cancel_check=self.cancelled):
                there = find_downloaded(product, folder) or find_quarantined(product, folder)
                made = there or _ProductDownload(self, product, folder, on_position, on_total).run()
                lock_path.unlink(missing_ok=True)  # who waited for it finds the file first
                return made
        except Timeout:
            if self.cancelled():
                raise Stopped(f"Stopped while another process downloads {product.name}.") from None
            raise ProductNotDownloaded(
                ProductState.FAILED,
                "BeingDownloaded",
                f"{product.name}: another process downloads it to {folder}, and did not end within"
                f" {self.patience / 60:.0f} minutes. Run again when it has.",
                FailureClass.TRANSIENT,
            ) from None


class _ProductDownload:
    """The attempts at one product."""

    def __init__(
        self, owner: Downloader, product: Product, folder: Path, on_position: OnPosition, on_total: OnTotal
    ) -> None:
        self._owner = owner
        self._folder = folder.absolute()
        self._on_position = on_position
        self._on_total = on_total
        self._fetched = 0
        self._best = 0
        self._fruitless = 0
        self._waited = 0.0
        self._may_resume = True
        self._token_renewed = False
        self._looked_again = False
        self._wrong: WrongContent | None = None
        self._begun = owner.clock()
        self._aim_at(product)

    def run(self) -> DownloadedProduct:
        """Return the manifest once the file is there."""
        while True:
            try:
                self._receive()
                return self._finished()
            except Throttled as busy:
                self._wait_for_connection(busy)
            except Interrupted as broken:
                self._back_off(broken)
            except TokenRefused as refused:
                self._renew_token(refused)
            except NotGiven as refused:
                self._look_again(refused)
            except StartOver:
                self._may_resume = False
            except WrongContent as wrong:
                self._start_over(wrong)

    def _aim_at(self, product: Product) -> None:
        if not product.online:
            raise offline(product)
        self._product = product
        self._part = PartialFile(self._folder, product, self._owner.open_file)

    def _receive(self) -> None:
        """Have one transfer: all of the file, or what is missing of it."""
        offset = self._part.take_up() if self._may_resume else 0
        self._on_position(offset)
        headers = self._range(offset)
        with self._owner.slot():
            self._token = self._signed_in()
            with self._owner.transfer.open(self._product, self._token, headers) as response:
                self._take(response, offset)

    def _signed_in(self) -> str:
        try:
            return self._owner.tokens.get()
        except TransientError as error:  # of the sign-in, which may be away for as long as the download host
            raise Interrupted(f"no sign-in can be had ({str(error).rstrip('.')})", "SignInAway") from None

    def _range(self, offset: int) -> dict[str, str]:
        if not offset:
            return {}
        etag = self._part.sidecar.etag
        condition = {"If-Range": etag} if etag and not etag.startswith("W/") else {}
        return {"Range": f"bytes={offset}-", **condition}

    def _take(self, response: requests.Response, offset: int) -> None:
        if response.status_code not in ANSWERS:
            raise_for_refusal(response.status_code, *error_of(response), response.headers, self._product)
        self._token_renewed = False
        step = step_of(response.status_code, response.headers, offset, self._part.sidecar)
        if step is Step.COMPLETE:
            return
        if step is Step.FROM_START:
            offset = 0
            self._part.begin(total_of(response.headers, self._product), response.headers.get("ETag", ""))
        self._write(response, offset)

    def _write(self, response: requests.Response, position: int) -> None:
        total = self._part.sidecar.total
        self._on_total(position, total)
        with self._part.appending() as file:
            for chunk in chunks_of(response):
                position += len(chunk)
                self._fetched += len(chunk)
                if total is not None and position > total:
                    raise WrongContent(f"more than its {total:,} bytes came")
                self._part.write(file, chunk)
                self._on_position(position)
        if total is not None and position < total:
            raise Interrupted(f"only {position:,} of {total:,} bytes came", "ShortBody")

    def _finished(self) -> DownloadedProduct:
        verified_by = verify(self._part.path, self._product, self._part.checksum)
        return write_manifest(
            self._product,
            self._part.complete(),
            checksum=str(self._part.checksum),
            verified_by=verified_by,
            fetched=self._fetched,
            seconds=self._owner.clock() - self._begun,
        )

    def _wait_for_connection(self, busy: Throttled) -> None:
        wait = busy.wait if busy.wait is not None else BUSY_WAIT * (1 + self._owner.chance() / 4)
        if not self._has_waited(wait):
            raise busy_for_too_long(busy, self._owner.patience) from None

    def _back_off(self, broken: Interrupted) -> None:
        there = self._part.size
        self._fruitless = 0 if there > self._best else self._fruitless + 1
        self._best = max(self._best, there)
        pause = min(MAX_BACKOFF, 2.0**self._fruitless) * (0.5 + self._owner.chance())
        if self._fruitless >= FRUITLESS or not self._has_waited(max(pause, broken.wait or 0.0)):
            raise ProductNotDownloaded(
                ProductState.FAILED,
                broken.code,
                f"{self._product.name}: {broken}, {self._how_long(broken)}; {there:,} bytes are kept. Run again later:"
                " it goes on from there.",
                FailureClass.TRANSIENT,
            ) from None

    def _how_long(self, broken: Interrupted) -> str:
        too_long = broken.wait is not None and broken.wait > self._owner.patience
        return f"and asks to wait {(broken.wait or 0) / 60:.0f} minutes" if too_long else "time and again"

    def _has_waited(self, seconds: float) -> bool:
        """Wait; tell whether there was patience left to."""
        self._waited += seconds
        if self._waited > self._owner.patience:
            return False
        self._owner.sleep(seconds)
        return True

    def _renew_token(self, refused: TokenRefused) -> None:
        if self._token_renewed:
            raise ProductNotDownloaded(
                ProductState.UNAUTHORISED,
                "TokenRefused",
                f"{refused} A fresh token was refused too: check that the account may download.",
            ) from None
        self._token_renewed = True
        self._owner.tokens.discard(self._token)

    def _look_again(self, refused: NotGiven) -> None:
        """Ask the catalogue once what it knows now."""
        if self._looked_again:
            raise refused
        self._looked_again = True
        known = self._owner.reread(self._product.product_id)
        if known is None:
            raise self._gone() from None
        self._aim_at(known.model_copy(update={"collection": self._product.collection}))

    def _gone(self) -> ProductNotDownloaded:
        said = ""
        with suppress(TransientError, RefusedError):  # why it is gone is not worth another failure
            said = self._owner.deletion(self._product)
        return gone(self._product, said)

    def _start_over(self, wrong: WrongContent) -> None:
        """Throw away what was received, once; a file that is whole and the same twice is kept apart."""
        before, self._wrong = self._wrong, wrong
        if before is None:
            self._part.discard()
            return
        if wrong.is_whole and wrong.checksum == before.checksum:
            raise quarantine(self._part, self._folder, wrong, self._product) from None
        self._part.discard()
        raise ProductNotDownloaded(
            ProductState.CORRUPT, "ChecksumMismatch", f"{self._product.name}: {wrong}, twice. Run again later."
        ) from None
