"""What can go wrong, split by what the caller does next.

Each message is written for the person who runs the flow: it names the cause and the fix, and it never holds a token.
"""


class GeoCatalogFlowsError(Exception):
    """Every error of this project that a user can act on."""


class InvalidRequest(GeoCatalogFlowsError):
    """The request cannot be carried out as it is written: change it."""


class TooManyItems(InvalidRequest):
    """More Items match than one run takes."""


class SettingsMissing(GeoCatalogFlowsError):
    """A setting is missing or wrong: set it in the environment or in `.env`."""


class TransientError(GeoCatalogFlowsError):
    """Connection lost, time-out, HTTP 408, 429 or 5xx: the same call may succeed later."""


class CredentialsError(GeoCatalogFlowsError):
    """No sign-in, an expired one, or one without the needed role (HTTP 401 or 403): stop the run."""


class RefusedError(GeoCatalogFlowsError):
    """The service refused the call for good, HTTP 4xx.

    Args:
        message: cause and fix.
        status: HTTP status code.
        code: the service's own error code, "" where it sent none.
    """

    def __init__(self, message: str, status: int = 400, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class NotFoundError(RefusedError):
    """What was asked for does not exist, HTTP 404."""


class ConflictError(RefusedError):
    """It exists already, or was deleted a moment ago, HTTP 409."""


class OperationFailed(GeoCatalogFlowsError):
    """An operation of the GeoCatalog ended as `Failed` or `Canceled`."""


class OperationTimeout(GeoCatalogFlowsError):
    """An operation had not ended when the time to wait for it was over."""


class Stopped(GeoCatalogFlowsError):
    """The process is asked to stop; what goes on at the service is found again by the next run."""


class SearchTruncated(GeoCatalogFlowsError):
    """The source's answer to a search is cut off, and asking for less at a time did not help."""


class LedgerUnusable(GeoCatalogFlowsError):
    """The ledger's database cannot be used as it is; nothing in it was changed."""


class RunFailed(GeoCatalogFlowsError):
    """The flow did all that it could, and something is still not as requested."""


class ChildRunsFailed(RunFailed):
    """Runs that this one started failed, and said so themselves; all others are done."""
