"""Settings: where secrets come from, and that they stay where they are."""

import pytest
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, temporary_settings

from models.errors import SettingsMissing
from models.redact import redact
from settings import forget_settings, get_copernicus_settings, get_ledger_settings, get_settings
from tests.clients.test_key_vault import keep

SAS = "sp=rwcl&st=2026-01-01&se=2027-01-01&sig=planted-signature"


@pytest.fixture
def give(emulator, monkeypatch):
    """Set GEOCATALOG_STAGING_SAS and return what the settings then hold."""

    def sas(value: str) -> str:
        monkeypatch.setenv("GEOCATALOG_STAGING_SAS", value)
        forget_settings()
        return get_settings().staging_sas.get_secret_value()

    return sas


def block(name: str, value: str) -> str:
    Secret(value=value).save(name, overwrite=True)
    return f"prefect-secret:{name}"


def test_a_secret_may_be_the_value_itself(give):
    assert give(SAS) == SAS


def test_a_secret_may_be_in_another_variable(give, monkeypatch):
    monkeypatch.setenv("BATCH_SECRET_1", SAS)
    assert give("env:BATCH_SECRET_1") == SAS


def test_a_secret_may_be_in_a_key_vault(give, emulator):
    assert give(f"key-vault:{keep(emulator, 'staging-sas', SAS)}") == SAS


def test_a_secret_may_be_in_a_prefect_block(give, prefect_server):
    assert give(block("staging-sas", SAS)) == SAS


def test_a_block_may_name_a_key_vault(give, emulator, prefect_server):
    identifier = keep(emulator, "staging-sas", SAS)
    assert give(block("staging-sas", f"key-vault:{identifier}")) == SAS


def test_every_secret_of_all_settings_can_be_given_so(give, emulator, monkeypatch):
    identifier = keep(emulator, "password", "planted-password")
    monkeypatch.setenv("GEOCATALOG_COPERNICUS_PASSWORD", f"key-vault:{identifier}")
    monkeypatch.setenv("GEOCATALOG_LEDGER_URL", "env:URL_OF_LEDGER")
    monkeypatch.setenv("URL_OF_LEDGER", "postgresql://me:planted-word@host/db")
    forget_settings()
    assert get_copernicus_settings().password.get_secret_value() == "planted-password"
    assert get_ledger_settings().ledger_url.get_secret_value().endswith("@host/db")
    assert "planted" not in redact("planted-password and planted-word")


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("env:NOWHERE", "from env:NOWHERE. The environment variable NOWHERE is not set"),
        ("key-vault:mine/staging", "mine/staging is no Key Vault secret: write it as https://"),
        ("prefect-secret:nothing", "has no block nothing of type Secret"),
        ("env:ROUND", "leads from place to place"),
    ],
)
def test_an_empty_place_is_said_with_setting_and_place(give, prefect_server, monkeypatch, place, sentence):
    monkeypatch.setenv("ROUND", "env:ROUND")
    with pytest.raises(SettingsMissing, match="GEOCATALOG_STAGING_SAS") as error:
        give(place)
    assert sentence in str(error.value)


def test_a_block_needs_a_server(give):
    with temporary_settings({PREFECT_API_URL: None}), pytest.raises(SettingsMissing, match="set PREFECT_API_URL"):
        give("prefect-secret:staging-sas")


def test_the_ledgers_path_is_no_secret(emulator, tmp_path):
    get_settings()
    assert (
        redact(f"The ledger {tmp_path / 'ledger.sqlite'} is damaged")
        == f"The ledger {tmp_path}/ledger.sqlite is damaged"
    )
