"""Print the Collections of a GeoCatalog as JSON, signed in as the node's managed identity."""

import json
import os

import requests
from azure.identity import ManagedIdentityCredential

SCOPE = os.environ.get("GEOCATALOG_SCOPE", "https://geocatalog.spatio.azure.com/.default")

credential = ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID"))
session = requests.Session()
session.headers["Authorization"] = f"Bearer {credential.get_token(SCOPE).token}"

url: str | None = f"{os.environ['GEOCATALOG_URL']}/stac/collections"
params = {"api-version": os.environ.get("GEOCATALOG_API_VERSION", "2026-04-15")}
collections = []
while url:
    answer = session.get(url, params=params, timeout=60)
    answer.raise_for_status()
    page = answer.json()
    collections += page["collections"]
    url, params = next((link["href"] for link in page["links"] if link["rel"] == "next"), None), {}
print(json.dumps([{"id": one["id"], "title": one.get("title", "")} for one in collections], indent=2))
