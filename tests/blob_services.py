"""Blob Storage as tests see it: the emulator's, or Azurite's, by the same two calls."""

from typing import Protocol

import requests


class BlobService(Protocol):
    """A service with containers, and a SAS for each."""

    def container_url(self, name: str) -> str:
        """Return the URL of a container that can be used."""

    def sas(self, container: str, permissions: str = "rwcl", minutes: float = 60) -> str:
        """Return a SAS of a container; negative minutes: expired."""


class EmulatorBlobs:
    """The upstream's blob host of a running emulator."""

    def __init__(self, url: str) -> None:
        self._url = url

    def container_url(self, name: str) -> str:
        return f"{self._url}/planetary-computer/blob/stagingtest/{name}"

    def sas(self, container: str, permissions: str = "rwcl", minutes: float = 60) -> str:
        params = {"container": f"stagingtest/{container}", "permissions": permissions, "minutes": str(minutes)}
        response = requests.get(f"{self._url}/_emulator/sas", params=params, timeout=60)
        response.raise_for_status()
        return str(response.json()["token"])
