"""The local GeoCatalog and a Prefect server, and the variables that point at both."""

import os
import sys
from pathlib import Path

import requests

from cli.prefect_api import LEASES_ON_DISK, prepare_prefect
from cli.services import Service, answers

EMULATOR_PORT = 8090
PREFECT_PORT = 4200
SAS_MINUTES = 60 * 24 * 30
"""Life of the SAS of the staging container: servers that are left up are used for days."""
OBSERVEARTH_KEY = "5a7c1e52-8f0b-4c6e-9d38-2b61f4a0c7e9"
"""Of the stand-in's one account: well known, and worth nothing elsewhere."""

PREFECT_SERVER = {
    **LEASES_ON_DISK,
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # its pages ask hosts of Amplitude, whatever analytics_enabled says
    # Events are written in batches: the defaults, 1 at a time, lose records of task runs in a burst.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "500",
}
"""Settings of a Prefect server that looks after itself on one machine; flush intervals are in seconds."""


def url_of(port: int) -> str:
    """Return the URL of a server of this machine."""
    return f"http://127.0.0.1:{port}"


def emulator(url: str, folder: Path, *more: str) -> Service:
    """Start the local GeoCatalog, which keeps its state in the folder; `more` are arguments for it."""
    port = url.rpartition(":")[2]
    command = [sys.executable, "-m", "emulator", "--port", port, "--data-dir", str(folder / "geocatalog"), *more]
    return Service("emulator", command, answers(f"{url}/_emulator/health"), folder, {}, port=int(port))


def prefect_server(url: str, folder: Path, variables: dict[str, str] | None = None) -> Service:
    """Start a Prefect server.

    Args:
        variables: in addition to `PREFECT_SERVER`.
    """
    port = url.rpartition(":")[2]
    command = [sys.executable, "-m", "cli.prefect_server", "start", "--host", "127.0.0.1", "--port", port]
    ui = {"PREFECT_SERVER_UI_API_URL": f"{url}/api"}  # else its pages ask port 4200
    environment = {**PREFECT_SERVER, **ui, **(variables or {})}
    return Service("prefect-server", command, answers(f"{url}/api/health"), folder, environment, port=int(port))


def local_variables(emulator_url: str, prefect_url: str, folder: Path) -> dict[str, str]:
    """Return the variables that a user would set in `.env`: nothing else differs from a real GeoCatalog.

    Args:
        folder: of ledger, pictures and Prefect's home.
    """
    return {
        "GEOCATALOG_URL": emulator_url,
        "GEOCATALOG_CREDENTIAL": "managed-identity",
        "GEOCATALOG_SOURCE_URL": f"{emulator_url}/planetary-computer/api",
        "GEOCATALOG_BLOB_ROOT": f"{emulator_url}/planetary-computer/blob",
        "GEOCATALOG_POLL_INTERVAL": "0.5",
        "GEOCATALOG_OUTPUT_DIR": str(folder.resolve()),
        "GEOCATALOG_LEDGER_URL": f"sqlite:///{(folder / 'ledger' / 'ledger.sqlite').resolve().as_posix()}",
        "GEOCATALOG_OBSERVEARTH_URL": f"{emulator_url}/observearth/api",
        "GEOCATALOG_OBSERVEARTH_API_KEY": OBSERVEARTH_KEY,
        "IDENTITY_ENDPOINT": f"{emulator_url}/identity/token",
        "IDENTITY_HEADER": "local",
        "PREFECT_API_URL": f"{prefect_url}/api",
        "PREFECT_HOME": str((folder / "prefect").resolve()),
        **_copernicus_variables(emulator_url, folder),
    }


def _copernicus_variables(emulator_url: str, folder: Path) -> dict[str, str]:
    """Return the variables of the local Copernicus Data Space, with the account that it has."""
    root = f"{emulator_url}/copernicus"
    downloads = root.replace("127.0.0.1", "localhost")  # another origin, as the real one's is
    variables = {
        "USERNAME": "ada@example.com",
        "PASSWORD": "local-password",
        "TOKEN_URL": f"{root}/auth/realms/CDSE/protocol/openid-connect/token",
        "CATALOGUE_URL": f"{root}/catalogue/odata/v1",
        "DOWNLOAD_URL": f"{downloads}/download/odata/v1",
        "STAC_URL": f"{root}/stac/v1",
        "FOLDER": str((folder / "copernicus").resolve()),
        "STATE_DIR": str((folder / "copernicus-state").resolve()),
    }
    return {f"GEOCATALOG_COPERNICUS_{name}": value for name, value in variables.items()}


def staging_variables(emulator_url: str, container: str) -> dict[str, str]:
    """Return the variables of a staging container; the local GeoCatalog has to answer.

    Args:
        container: ACCOUNT/NAME.
    """
    asked = {"container": container, "permissions": "rwcl", "minutes": str(SAS_MINUTES)}
    answer = requests.get(f"{emulator_url}/_emulator/sas", params=asked, timeout=30)
    answer.raise_for_status()
    return {
        "GEOCATALOG_STAGING_URL": f"{emulator_url}/planetary-computer/blob/{container}",
        "GEOCATALOG_STAGING_SAS": answer.json()["token"],
    }


def point_at(variables: dict[str, str], folder: Path) -> None:
    """Set the variables here and for all that is started from now on, and write them to the folder's file `env`."""
    os.environ.update(variables)
    (folder / "env").write_text("".join(f"{name}='{value}'\n" for name, value in variables.items()))
    prepare_prefect()
