"""Opens Batch accounts with the sign-in that the settings name."""

from clients.azure_batch import AzureBatch, open_azure_batch
from clients.azure_batch.access import SCOPE
from clients.tokens import TokenProvider, open_credential
from settings import get_sign_in


def open_account(url: str) -> AzureBatch:
    """Return the client of an account; nothing is asked of it yet.

    Raises:
        SettingsMissing: a setting is missing or wrong.
    """
    chosen = get_sign_in()
    tokens = TokenProvider(lambda: open_credential(chosen.credential, chosen.client_id), SCOPE, kind=chosen.credential)
    return open_azure_batch(url, tokens)
