"""Azurite, Microsoft's own emulator of Blob Storage: a second judge of what is sent to Blob Storage.

`python -m tests.azurite` installs it with npm into a cache folder; `make azurite` does so.
"""

import base64
import os
import re
import select
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

VERSION = "3.37.0"
ACCOUNT, KEY = "stagingtest", base64.b64encode(b"a key of tests, and of nothing else").decode()
START_SECONDS = 60
INSTALL_SECONDS = 600
_LISTENS = re.compile(r"listens on (http://[\d.:]+)")


def folder() -> Path:
    """Where this version is installed."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "geocatalog-flows" / f"azurite-{VERSION}"


def program() -> Path:
    """The script that node runs; it may not be there."""
    return folder() / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"


def why_not() -> str | None:
    """Return why Azurite cannot be started, or None."""
    if not (shutil.which("npm") and shutil.which("node")):
        return "Azurite needs npm and node 20 or newer"
    return None if program().exists() else "Azurite is not installed: python -m tests.azurite"


def install() -> str:
    """Install this version unless it is there; return what happened in one sentence."""
    npm = shutil.which("npm")
    if program().exists():
        return f"Azurite {VERSION} is in {folder()}."
    if npm is None:
        return "npm is not installed: the tests against Azurite will be skipped."
    making = folder().with_suffix(f".making-{os.getpid()}")
    making.mkdir(parents=True)
    try:
        quiet = ("--no-save", "--no-fund", "--no-audit", "--loglevel=error", "--prefix", str(making))
        subprocess.run([npm, "install", *quiet, f"azurite@{VERSION}"], check=True, timeout=INSTALL_SECONDS)
        if not program().exists():  # another process may have been faster
            making.rename(folder())
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return f"Azurite {VERSION} is installed in {folder()}."


class Azurite:
    """A running Azurite with one account; usable as a context manager."""

    def __enter__(self) -> Self:
        node = shutil.which("node")
        assert node and why_not() is None
        command = [node, str(program()), "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence"]
        command += ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
        environment = {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder()
        )
        try:
            self._url = f"{self._wait()}/{ACCOUNT}"
        except BaseException:
            self._process.kill()
            raise
        self.service = BlobServiceClient(self._url, credential=KEY)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.service.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def container_url(self, name: str) -> str:
        """Return the URL of a container, which is created when it is missing."""
        container = self.service.get_container_client(name)
        if not container.exists():
            container.create_container()
        return f"{self._url}/{name}"

    def sas(self, container: str, permissions: str = "rwcl", minutes: float = 60) -> str:
        """Return a SAS of a container."""
        now = datetime.now(UTC)
        return generate_container_sas(
            ACCOUNT,
            container,
            account_key=KEY,
            permission=ContainerSasPermissions.from_string(permissions),
            start=now - timedelta(hours=1),
            expiry=now + timedelta(minutes=minutes),
        )

    def _wait(self) -> str:
        """Return the root URL as soon as it is listened on."""
        assert self._process.stdout
        deadline, said = time.monotonic() + START_SECONDS, ""
        while time.monotonic() < deadline and self._process.poll() is None:
            if select.select([self._process.stdout], [], [], 0.5)[0]:
                said += os.read(self._process.stdout.fileno(), 4096).decode()
            if found := _LISTENS.search(said):
                return found[1]
        raise RuntimeError(f"Azurite did not start: {said}")


if __name__ == "__main__":
    try:
        print(install())
    except (OSError, subprocess.SubprocessError) as failure:
        sys.exit(f"Azurite could not be installed ({failure}); check the network and `npm config get registry`.")
