"""How Azure Blob Storage refuses: XML, and the code in a header."""

from xml.sax.saxutils import escape

from fastapi import Request, Response

from emulator.sas_tokens import SasRefused

OVERWRITE = "This request is not authorized to perform blob overwrites."


class BlobRefused(Exception):
    """A request that the blob host refuses.

    Attributes:
        status: of HTTP.
        code: value of `x-ms-error-code`.
        message: the service's own sentence.
        detail: text of `AuthenticationErrorDetail`, empty when there is none.
        headers: to send along.
    """

    def __init__(
        self, status: int, code: str, message: str, *, detail: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.detail = status, code, message, detail
        self.headers = headers or {}

    @classmethod
    def of_sas(cls, error: SasRefused) -> "BlobRefused":
        """Refuse for want of a SAS."""
        return cls(error.status, error.code, error.message, detail=error.detail)


def not_found() -> BlobRefused:
    """The blob does not exist."""
    return BlobRefused(404, "BlobNotFound", "The specified blob does not exist.")


def invalid_header(name: str) -> BlobRefused:
    """A header has a value that cannot be used."""
    return BlobRefused(400, "InvalidHeaderValue", f"The value for one of the HTTP headers is not valid: {name}.")


async def answer_blob_refusal(request: Request, error: Exception) -> Response:
    """Answer an unhandled BlobRefused (exception handler)."""
    if not isinstance(error, BlobRefused):
        raise error
    now = request.app.state.emulator.clock.now()
    body = xml(error.code, f"{error.message}\nTime:{now:%Y-%m-%dT%H:%M:%S.%f}0Z", error.detail)
    if error.status == 304:
        return Response(None, 304, {"x-ms-error-code": error.code, **error.headers})
    return Response(body, error.status, {"x-ms-error-code": error.code, **error.headers}, "application/xml")


def xml(code: str, message: str, detail: str = "") -> bytes:
    """Return the body of a refusal."""
    extra = f"<AuthenticationErrorDetail>{escape(detail)}</AuthenticationErrorDetail>" if detail else ""
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>{extra}</Error>"
    return f'\ufeff<?xml version="1.0" encoding="utf-8"?>{body}'.encode()
