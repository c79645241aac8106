"""Ingestion sources: what a container's source may look like, and how it is shown."""

from typing import Any
from urllib.parse import urlsplit

from emulator.clock import wire_time
from emulator.geocatalog.errors import invalid
from emulator.json_types import JsonDict
from emulator.sas_tokens import parse_sas, sas_expiry

SOURCE_KIND = "ingestion-source"
"""Records of this kind are kept under `source_key` of their container: one source each."""
SECRET_KIND = "ingestion-source-secret"  # noqa: S105 - a kind of record, not a password
"""SAS tokens by id of the source, apart from what is ever shown."""
KINDS = ("SasToken", "BlobManagedIdentity")


def source_key(container_url: str) -> str:
    """Return what makes two container URLs the same; `localhost` and `127.0.0.1` are one host."""
    parts = urlsplit(container_url)
    host = "loopback" if parts.hostname in ("localhost", "127.0.0.1", "::1") else parts.netloc.lower()
    return f"{host}{parts.path}"


def check_source(body: Any) -> JsonDict:
    """Return the `connectionInfo` of a valid source.

    Raises:
        GeoCatalogError: 400, says what is wrong.
    """
    if not isinstance(body, dict) or body.get("kind") not in KINDS:
        raise invalid(f"kind must be one of {', '.join(KINDS)}")
    connection = body.get("connectionInfo")
    if not isinstance(connection, dict):
        raise invalid("connectionInfo is required")
    _check_container_url(connection.get("containerUrl"))
    if body["kind"] == "SasToken":
        _check_sas(connection.get("sasToken"))
    elif not connection.get("objectId"):
        raise invalid("connectionInfo.objectId is required", "ManagedIdentityInfoNotFound")
    return connection


def _check_container_url(url: Any) -> None:
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.path.strip("/") or parts.query:
        raise invalid("connectionInfo.containerUrl must be the URL of a blob container")
    if parts.path.endswith("/"):
        raise invalid("connectionInfo.containerUrl must not end with a slash")


def _check_sas(token: Any) -> None:
    if not isinstance(token, str) or not token:
        raise invalid("connectionInfo.sasToken is required")
    fields = parse_sas(token)
    if missing := [name for name in ("sv", "st", "sr", "sp", "sig") if not fields.get(name)]:
        raise invalid(f"connectionInfo.sasToken lacks {', '.join(missing)}")
    if fields["sr"] != "c":
        raise invalid("connectionInfo.sasToken must be for a container (sr=c)")
    if not {"r", "l"} <= set(fields["sp"]):
        raise invalid("connectionInfo.sasToken must permit read and list (sp=rl)")


def shown_connection(kind: str, connection: JsonDict) -> JsonDict:
    """Return `connectionInfo` as it is shown: the SAS never, its end always with seven digits."""
    shown = {"containerUrl": connection["containerUrl"]}
    if kind == "BlobManagedIdentity":
        return {**shown, "objectId": connection["objectId"]}
    expiry = sas_expiry(connection["sasToken"])
    return {**shown, "expiration": wire_time(expiry.timestamp(), trim=False)} if expiry else shown
