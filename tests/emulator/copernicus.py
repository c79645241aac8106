"""A plain client of the emulated Copernicus Data Space."""

from typing import Any

import requests

USERNAME, PASSWORD = "ada@example.com", "local-password"


class DataSpace:
    """Calls of the three hosts and of the control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.control("POST", "reset")
        counts = self.counts()
        self.token_url, self.catalogue = counts["token_url"], counts["catalogue_url"]
        self.downloads, self.stac_url = counts["download_url"], counts["stac_url"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        response = requests.request(method, f"{self.url}/_emulator/{path}", json=body, timeout=60)
        assert response.ok, response.text
        return response.json() if response.content else None

    def counts(self) -> dict[str, Any]:
        return self.control("GET", "copernicus")

    def configure(self, **changes: Any) -> None:
        """Change members of the configuration's section `copernicus`."""
        self.control("PUT", "config", {"copernicus": changes})

    def mishap(self, kind: str, product: str = "*", **options: Any) -> None:
        self.control("POST", "copernicus/mishaps", {"kind": kind, "product": product, **options})

    def grant(self, **form: str) -> requests.Response:
        return requests.post(self.token_url, data={"client_id": "cdse-public", **form}, timeout=60)

    def sign_in(self, **form: str) -> requests.Response:
        return self.grant(**{"grant_type": "password", "username": USERNAME, "password": PASSWORD, **form})

    def header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sign_in().json()['access_token']}"}

    def search(self, filter_text: str = "", **options: Any) -> dict[str, Any]:
        response = self.get("Products", **{"filter": filter_text, **options})
        assert response.ok, response.text
        return response.json()

    def get(self, path: str, **options: Any) -> requests.Response:
        params = {f"${name}": value for name, value in options.items() if value != ""}
        return requests.get(f"{self.catalogue}/{path}", params=params, timeout=60)

    def names(self, filter_text: str, **options: Any) -> list[str]:
        return [product["Name"] for product in self.search(filter_text, **options)["value"]]

    def product(self, name_part: str) -> dict[str, Any]:
        return self.search(f"contains(Name,'{name_part}')", orderby="ContentDate/Start")["value"][0]

    def value_url(self, product: dict[str, Any]) -> str:
        return f"{self.downloads}/Products({product['Id']})/$value"

    def download(self, product: dict[str, Any], **headers: str) -> requests.Response:
        return requests.get(self.value_url(product), headers={**self.header(), **headers}, timeout=60)
