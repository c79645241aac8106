"""Why a product was not downloaded."""

from models.copernicus import Product, ProductState
from models.errors import GeoCatalogFlowsError
from models.failure import Failure, FailureClass

_CLASSES = {
    ProductState.OFFLINE: FailureClass.PERMANENT,
    ProductState.QUOTA: FailureClass.TRANSIENT,
    ProductState.CORRUPT: FailureClass.TRANSIENT,
    ProductState.UNAUTHORISED: FailureClass.SOURCE_ACCESS,
    ProductState.FAILED: FailureClass.PERMANENT,
}


class ProductNotDownloaded(GeoCatalogFlowsError):
    """A product was given up.

    Args:
        state: one of `NOT_DOWNLOADED`.
        code: the service's code, such as DAT-ZIP-608, or one of ours.
        message: cause and fix.
        kind: class of the failure; the usual one of the state by default.
    """

    def __init__(self, state: ProductState, code: str, message: str, kind: FailureClass | None = None) -> None:
        super().__init__(message)
        self.state = state
        self.failure = Failure(code=code, message=message, kind=kind or _CLASSES[state])


def offline(product: Product) -> ProductNotDownloaded:
    """Return why a product that lies in the archive is not asked for; OData cannot order it."""
    return ProductNotDownloaded(
        ProductState.OFFLINE,
        "Offline",
        f"{product.name} lies in the archive only: order it in the Data Workspace of the Copernicus Data Space, then"
        " run again.",
    )


def gone(product: Product, deletion: str) -> ProductNotDownloaded:
    """Return what there is to say of a product that the catalogue has no longer.

    Args:
        deletion: when and why it was deleted; "" if nobody says.
    """
    deleted = f": it was deleted ({deletion})" if deletion else ""
    return ProductNotDownloaded(
        ProductState.FAILED,
        "ProductGone",
        f"{product.name} is no longer in the catalogue{deleted}. Search again: another version may have replaced it.",
    )


class Throttled(GeoCatalogFlowsError):
    """HTTP 429: the account has no connection free.

    Args:
        wait: seconds that the service asks to wait; None where it does not say.
    """

    def __init__(self, message: str, code: str, wait: float | None) -> None:
        super().__init__(message)
        self.code = code
        self.wait = wait


def busy_for_too_long(busy: Throttled, patience: float) -> ProductNotDownloaded:
    """Return why no connection of the account is waited for any longer.

    Args:
        patience: seconds that one product is waited for.
    """
    most = f"{patience / 60:.0f}"
    if busy.wait is not None and busy.wait > patience:
        why = f"The service asks to wait {busy.wait / 60:.0f} minutes, and a run waits {most} at most: run again then."
    else:
        why = f"The account had no connection free for {most} minutes: stop other downloads of it, or run again later."
    return ProductNotDownloaded(ProductState.QUOTA, busy.code, f"{busy} {why}")


class Interrupted(GeoCatalogFlowsError):
    """A transfer ended early (connection, time-out, 5xx, short body); what was written stays, and is gone on from.

    Args:
        wait: seconds that the service asks to wait; None where it does not say.
    """

    def __init__(self, message: str, code: str = "ConnectionLost", wait: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.wait = wait


class TokenRefused(GeoCatalogFlowsError):
    """HTTP 401 for a token that may just be too old; the token is discarded, and another one is had."""


class StartOver(GeoCatalogFlowsError):
    """The server did not give the range that was asked for: nothing is kept, and no range is asked for again."""


class WrongContent(GeoCatalogFlowsError):
    """What was received is not what the catalogue describes.

    Args:
        checksum: of what was received.
        is_whole: True if it is a zip without a fault: the catalogue may be wrong, not the file.
    """

    def __init__(self, message: str, checksum: str = "", *, is_whole: bool = False) -> None:
        super().__init__(message)
        self.checksum = checksum
        self.is_whole = is_whole
