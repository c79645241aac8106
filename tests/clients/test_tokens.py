"""Access tokens, through the real azure-identity and the emulator's identity endpoint."""

import threading

import pytest
from azure.core.credentials import AccessToken

from clients.session import ApiSession
from clients.tokens import TokenProvider, open_credential
from models.errors import CredentialsError
from settings import get_settings
from tasks.connect import geocatalog


def provider(clock=None, kind="managed-identity"):
    return TokenProvider(lambda: open_credential(kind), get_settings().scope, **({"clock": clock} if clock else {}))


def test_twenty_threads_share_one_token(emulator):
    tokens = provider()
    emulator.forget_requests()
    got = []
    threads = [threading.Thread(target=lambda: got.append(tokens.get())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 1
    assert emulator.count("GET", "/identity/token") == 1


class Counting:
    """A credential whose tokens live an hour of the test's clock."""

    def __init__(self):
        self.now, self.asked = 0.0, 0

    def get_token(self, *scopes, **options):
        self.asked += 1
        return AccessToken(f"token-{self.asked}", int(self.now) + 3600)


def test_a_token_is_refreshed_five_minutes_early():
    credential = Counting()
    tokens = TokenProvider(lambda: credential, "scope", clock=lambda: credential.now)
    assert tokens.get() == "token-1"
    credential.now = 3600 - 301
    assert tokens.get() == "token-1"
    credential.now = 3600 - 299
    assert tokens.get() == "token-2"


def test_only_the_refused_token_is_discarded():
    credential = Counting()
    tokens = TokenProvider(lambda: credential, "scope", clock=lambda: credential.now)
    tokens.get()
    tokens.discard("token-0")
    assert tokens.get() == "token-1"
    tokens.discard("token-1")
    assert tokens.get() == "token-2"


def test_401_refreshes_once_and_goes_on(emulator):
    geocatalog().stac.get_landing_page()
    emulator.forget_requests()
    emulator.fault(route="GET /stac", status=401, times=1)
    assert geocatalog().stac.get_landing_page()["type"] == "Catalog"
    assert emulator.count("GET", "/identity/token") == 1


def test_401_twice_ends_with_a_sentence(emulator):
    emulator.fault(route="GET /stac", status=401, times=None)
    emulator.forget_requests()
    with pytest.raises(CredentialsError, match="sign in again"):
        geocatalog().stac.get_landing_page()
    assert emulator.count("GET", "/stac") == 2


def test_the_default_credential_works_too(emulator):
    assert provider(kind="default").get().count(".") == 2


def test_a_token_goes_to_https_and_loopback_only():
    session = ApiSession("GeoCatalog", "http://10.0.0.1", tokens=TokenProvider(Counting, "scope"))
    with pytest.raises(CredentialsError, match=r"not sent to http://10\.0\.0\.1: use https"):
        session.get_json("/stac")


@pytest.mark.parametrize("kind", ["azure-cli", "environment", "workload-identity"])
def test_a_kind_that_is_not_set_up_is_said(kind, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CredentialsError, match=f"credential kind '{kind}'"):
        TokenProvider(lambda: open_credential(kind), "https://x/.default", kind=kind).get()
