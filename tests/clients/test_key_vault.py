"""The Key Vault client on the local vault."""

import os

import pytest
import requests

from clients.key_vault import read_secret, scope_of
from clients.tokens import TokenProvider, open_credential
from models.errors import CredentialsError, InvalidRequest, NotFoundError, TransientError
from tests.conftest import LocalGeoCatalog


def tokens_for(scope: str) -> TokenProvider:
    return TokenProvider(lambda: open_credential("managed-identity"), scope, kind="managed-identity")


def keep(emulator: LocalGeoCatalog, name: str, value: str) -> str:
    """Set a secret in the local vault as its owner does; return its identifier."""
    scope = {"resource": "https://vault.azure.net"}
    header = {"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]}
    token = requests.get(os.environ["IDENTITY_ENDPOINT"], params=scope, headers=header, timeout=60).json()
    identifier = f"{emulator.url}/key-vault/secrets/{name}"
    requests.put(
        identifier,
        params={"api-version": "7.4"},
        json={"value": value},
        headers={"Authorization": f"Bearer {token['access_token']}"},
        timeout=10,
    ).raise_for_status()
    return identifier


def test_the_newest_version_is_read(emulator):
    keep(emulator, "staging-sas", "sig=first")
    identifier = keep(emulator, "staging-sas", "sig=second")
    assert read_secret(identifier, tokens_for) == "sig=second"


def test_a_version_may_be_named(emulator):
    identifier = keep(emulator, "staging-sas", "sig=first")
    token = tokens_for(scope_of(identifier)).get()
    headers = {"Authorization": f"Bearer {token}"}
    named = requests.get(identifier, params={"api-version": "7.4"}, headers=headers, timeout=60).json()["id"]
    keep(emulator, "staging-sas", "sig=second")
    version = named.rpartition("/")[2]
    assert read_secret(f"{identifier}/{version}", tokens_for) == "sig=first"


def test_an_unknown_secret_is_named(emulator):
    with pytest.raises(NotFoundError, match=r"404 for http.*/secrets/nothing .*not found in this key vault\)"):
        read_secret(f"{emulator.url}/key-vault/secrets/nothing", tokens_for)


def test_without_the_role_it_says_which_one(emulator):
    emulator.configure(identity={"role": "none"})
    with pytest.raises(CredentialsError, match="role Key Vault Secrets User"):
        read_secret(f"{emulator.url}/key-vault/secrets/a", tokens_for)


def test_a_token_of_another_service_is_refused(emulator):
    identifier = keep(emulator, "staging-sas", "sig=first")
    with pytest.raises(CredentialsError, match="AKV10000"):
        read_secret(identifier, lambda scope: tokens_for("https://geocatalog.spatio.azure.com/.default"))


def test_a_vault_that_is_not_there_may_be_so_just_now(emulator):
    with pytest.raises(TransientError, match="cannot be reached"):
        read_secret("http://127.0.0.1:1/secrets/a", tokens_for)


@pytest.mark.parametrize(
    ("identifier", "scope"),
    [
        ("https://mine.vault.azure.net/secrets/a", "https://vault.azure.net/.default"),
        (f"https://mine.vault.azure.net/secrets/a/{'0' * 32}", "https://vault.azure.net/.default"),
        ("https://mine.vault.usgovcloudapi.net/secrets/a-b", "https://vault.usgovcloudapi.net/.default"),
    ],
)
def test_each_cloud_has_its_audience(identifier, scope):
    assert scope_of(identifier) == scope


@pytest.mark.parametrize(
    "identifier",
    [
        "mine/a",
        "http://mine.vault.azure.net/secrets/a",
        "https://vault.azure.net.evil.example/secrets/a",
        "https://mine.vault.azure.net@evil.example/secrets/a",
        "https://mine.vault.azure.net/keys/a",
        "https://mine.vault.azure.net/secrets/a?sig=x",
    ],
)
def test_no_other_host_gets_a_token(identifier):
    with pytest.raises(InvalidRequest, match="is no Key Vault secret"):
        scope_of(identifier)
