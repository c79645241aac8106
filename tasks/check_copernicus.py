"""First step of flows that download: may we?"""

from prefect import task

from settings import get_copernicus_settings
from tasks.copernicus_connect import copernicus_tokens
from tasks.progress import say
from tasks.retries import UNCACHED


@task(name="check-copernicus", task_run_name="sign in to the Copernicus Data Space", **UNCACHED)
def check_copernicus() -> None:
    """Sign in, or take up the sign-in of this machine. Not retried, so that a wrong password is said at once.

    Raises:
        SettingsMissing: there is no user name or password.
        CredentialsError: the account was refused; the message says what to do.
    """
    copernicus_tokens().get()
    say(f"Signed in to the Copernicus Data Space; {get_copernicus_settings().connections} connections at most")
