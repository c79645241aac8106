"""The identity endpoint through azure-identity, and the check of its tokens."""

import jwt
import pytest
import requests
from azure.identity import CredentialUnavailableError, DefaultAzureCredential, ManagedIdentityCredential

from emulator.identity import SIGNING_KEY
from tests.emulator.catalog import AUDIENCE, Catalog, new_collection

SCOPE = f"{AUDIENCE}/.default"


@pytest.fixture
def environment(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{catalog.url}/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", "local")
    return catalog


def status(catalog: Catalog, token: str) -> int:
    catalog.session.headers["Authorization"] = f"Bearer {token}"
    return catalog.call("GET", "/stac/collections").status_code


@pytest.mark.parametrize("credential", [DefaultAzureCredential, ManagedIdentityCredential])
def test_azure_identity_gets_a_token_that_works(
    environment: Catalog, credential: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    token = credential().get_token(SCOPE).token
    assert status(environment, token) == 200
    claims = jwt.decode(token, SIGNING_KEY, ["HS256"], audience=AUDIENCE)
    assert claims["roles"] == ["GeoCatalog Administrator"] and claims["oid"]


def test_wrong_header_is_refused(environment: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with pytest.raises(CredentialUnavailableError):
        ManagedIdentityCredential().get_token(SCOPE)


def test_token_expires(catalog: Catalog) -> None:
    catalog.control("PUT", "config", {"identity": {"token_seconds": 100}})
    token = catalog.token()
    assert status(catalog, token) == 200
    catalog.advance(101)
    assert status(catalog, token) == 401
    assert status(catalog, catalog.token()) == 200


def test_token_may_look_fresh_and_be_expired(environment: Catalog) -> None:
    environment.control("PUT", "config", {"identity": {"expired": True}})
    assert status(environment, ManagedIdentityCredential().get_token(SCOPE).token) == 401


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "no bearer token"),
        ("Basic abc", "no bearer token"),
        ("Bearer not-a-token", "signature or form"),
        ("Bearer " + jwt.encode({"aud": AUDIENCE, "exp": 2**40}, "another-key-of-sufficient-length-123"), "signature"),
        ("Bearer " + jwt.encode({"aud": AUDIENCE}, SIGNING_KEY), "signature or form"),
    ],
)
def test_bad_token_is_401(catalog: Catalog, header: str | None, reason: str) -> None:
    catalog.session.headers["Authorization"] = header
    response = catalog.call("GET", "/stac/collections", 401)
    assert response.json()["error"]["code"] == "Unauthorized" and reason in response.json()["error"]["message"]
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_wrong_audience_is_401(catalog: Catalog) -> None:
    catalog.session.headers["Authorization"] = f"Bearer {catalog.token('https://storage.azure.com')}"
    assert "audience" in catalog.call("GET", "/stac/collections", 401).json()["error"]["message"]


def test_reader_reads_and_searches_but_does_not_write(scenes: Catalog) -> None:
    scenes.control("PUT", "config", {"identity": {"role": "GeoCatalog Reader"}})
    scenes.session.headers["Authorization"] = f"Bearer {scenes.token()}"
    scenes.call("GET", "/stac/collections/c", 200)
    scenes.call("POST", "/stac/search", 200, json={})
    scenes.call("GET", "/sas/token/c", 200)
    for method, path in [
        ("POST", "/stac/collections"),
        ("PUT", "/stac/collections/c"),
        ("DELETE", "/stac/collections/c"),
        ("POST", "/stac/collections/c/items"),
        ("POST", "/inma/ingestion-sources"),
        ("DELETE", "/inma/operations"),
        ("POST", "/sas/token/revoke"),
    ]:
        response = scenes.call(method, path, 403, json=new_collection())
        assert response.json()["error"]["code"] == "Forbidden" and "role" in response.json()["error"]["message"]


def test_no_role_is_403_and_roles_follow_the_client(catalog: Catalog) -> None:
    roles = {"reader-client": "GeoCatalog Reader"}
    catalog.control("PUT", "config", {"identity": {"role": "none", "roles": roles}})
    assert status(catalog, catalog.token()) == 403
    assert status(catalog, catalog.token(client_id="reader-client")) == 200


def test_no_resource_is_400(catalog: Catalog) -> None:
    url = f"{catalog.url}/identity/token"
    assert requests.get(url, headers={"X-IDENTITY-HEADER": "local"}, timeout=60).status_code == 400
    assert requests.get(url, params={"resource": AUDIENCE}, timeout=60).status_code == 401
