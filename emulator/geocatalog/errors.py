"""How the GeoCatalog says no: `{"error": {"code", "message"}}` and `x-ms-error-code`."""

from fastapi import Request, Response

from emulator.geocatalog.replies import reply


class GeoCatalogError(Exception):
    """A refused request; answered by `answer_error`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def invalid(message: str, code: str = "InvalidInputData") -> GeoCatalogError:
    """Return a 400. The real service's code for validation errors is not known."""
    return GeoCatalogError(400, code, message)


def not_found(message: str) -> GeoCatalogError:
    """Return a 404 with the service's code."""
    return GeoCatalogError(404, "ResourceNotFound", message)


def conflict(message: str) -> GeoCatalogError:
    """Return a 409. The real service's code is not known."""
    return GeoCatalogError(409, "ResourceAlreadyExists", message)


def collection_not_found(collection_id: str) -> GeoCatalogError:
    """Return the service's 404 for a missing Collection."""
    return not_found(f"Collection '{collection_id}' not found. Please verify the collection ID and try again.")


async def answer_error(_request: Request, error: Exception) -> Response:
    """Turn a GeoCatalogError into its response (FastAPI exception handler)."""
    if not isinstance(error, GeoCatalogError):
        raise error
    headers = {"x-ms-error-code": error.code}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return reply({"error": {"code": error.code, "message": error.message}}, error.status, headers=headers)
