"""Environment of a flow run on a node: readable by whoever may read the Batch task, so that no secret may be in it."""

import os
from collections.abc import Mapping
from typing import get_args
from urllib.parse import urlsplit

from pydantic import SecretStr

from models.errors import InvalidRequest
from secret_places import is_place
from settings import CopernicusSettings, ObservEarthSettings, Settings

PREFECT_SECRETS = ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING")
OF_PREFECTS_SERVER = ("PREFECT_SERVER_", "PREFECT_API_DATABASE_")
"""How the variables of Prefect's server begin, its database's URL and its sign-in among them; nodes are its clients."""
PREFECT_NOT_ON_NODES = ("PREFECT_HOME", "PREFECT_PROFILES_PATH", "PREFECT_CLIENT_CUSTOM_HEADERS")
NOT_ON_NODES = {
    *("GEOCATALOG_CREDENTIAL", "GEOCATALOG_CLIENT_ID", "GEOCATALOG_AREAS_DIR", "GEOCATALOG_OUTPUT_DIR"),
    *("GEOCATALOG_COPERNICUS_FOLDER", "GEOCATALOG_COPERNICUS_STATE_DIR", "GEOCATALOG_COPERNICUS_DISK_BYTES"),
}
"""What the worker has and a node has not: its folders, its sign-in."""


def setting_names(*, secret: bool) -> set[str]:
    """Return the environment variables of our settings: those with secrets, or the others that nodes need."""
    names = set()
    for kind in (Settings, CopernicusSettings, ObservEarthSettings):
        prefix = kind.model_config["env_prefix"]
        for name, field in kind.model_fields.items():
            if _is_secret(field.annotation) is secret:
                names.add(f"{prefix}{name}".upper())
    return names - NOT_ON_NODES


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or SecretStr in get_args(annotation)


def refuse_secrets(environment: Mapping[str, str | None]) -> None:
    """Refuse secrets in a work pool's or deployment's environment, and settings of Prefect's server.

    Raises:
        InvalidRequest: one is there.
    """
    for name in sorted(environment):
        if environment[name] and name.startswith(OF_PREFECTS_SERVER):
            raise InvalidRequest(
                f"The work pool or deployment sets {name} in its environment, which everyone can read who may read the"
                " Batch task: it is a setting of Prefect's server, which no node needs. Leave it out."
            )
    names = {*PREFECT_SECRETS, "AZURE_CLIENT_SECRET", *setting_names(secret=True)}
    for name in sorted(names & environment.keys()):
        if not _may_be_read(environment[name] or ""):
            raise InvalidRequest(
                f"The work pool or deployment sets {name} in its environment, which everyone can read who may read the"
                f" Batch task: put the secret into Key Vault, and set {name} to"
                " key-vault:https://VAULT.vault.azure.net/secrets/NAME."
            )


def _may_be_read(value: str) -> bool:
    """Tell whether a value gives nothing away: a place of a secret, or a database's URL without a password."""
    url = urlsplit(value)
    is_database = url.scheme.startswith(("sqlite", "postgresql"))
    return not value or is_place(value) or (is_database and url.password is None)


def node_environment(
    prepared: Mapping[str, str | None], identity_client_id: str, ours: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return the variables of a flow run on a node.

    Args:
        prepared: as Prefect prepares them, with the work pool's and the deployment's; these win.
        identity_client_id: managed identity that the flows sign in as; empty: the pool's only one.
        ours: the worker's environment, whose settings are passed on; of secrets, only where they are kept.
    """
    settings = {name: ours[name] for name in setting_names(secret=False) if ours.get(name)}
    settings |= {name: ours[name] for name in setting_names(secret=True) if is_place(ours.get(name, ""))}
    signing_in = {"GEOCATALOG_CREDENTIAL": "managed-identity", "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}
    if identity_client_id:
        signing_in |= {"AZURE_CLIENT_ID": identity_client_id, "GEOCATALOG_CLIENT_ID": identity_client_id}
    # what the run logs goes to the API; on standard error it would come a second time
    quiet = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL", "PYTHONUNBUFFERED": "1"}
    folders = {"GEOCATALOG_OUTPUT_DIR": "/tmp/geocatalog-flows"}  # noqa: S108 - the node's, and the run's user alone is on it
    return {**settings, **signing_in, **quiet, **folders, **_without_secrets(prepared)}


def _without_secrets(prepared: Mapping[str, str | None]) -> dict[str, str]:
    """Leave out what Prefect passes on from the worker and a node must not have."""
    kept = {name: value for name, value in prepared.items() if value is not None}
    ours = {name for name in PREFECT_SECRETS if not is_place(kept.get(name, ""))}
    left_out = {*ours, *PREFECT_NOT_ON_NODES, *(name for name in kept if name.startswith(OF_PREFECTS_SERVER))}
    return {name: value for name, value in kept.items() if name not in left_out}
