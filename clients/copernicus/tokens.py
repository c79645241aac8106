"""Sign-in to the Copernicus Data Space: one session, shared by all threads and processes of a machine.

Facts (documentation of the Data Space, Quotas and Token): an access token lives 10 minutes; it is refreshed with the
refresh token until 60 minutes after the sign-in; each sign-in with the password opens a session, and an account has at
most 100 of them at once. Accounts were banned for a sign-in per product.
"""

import threading
import time
from collections.abc import Callable

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter

from clients.copernicus.token_file import Grant, TokenFile
from clients.http_session import TIMEOUT, HostSession, retry_policy
from models.errors import CredentialsError, TransientError
from models.redact import redact, without_query

REFRESH_EARLY = 60.0
"""Seconds before expiry at which a token is replaced."""
SECOND_TRY = 30.0
"""Seconds before the one repeat of a refused password that worked before: the service refuses good ones at times."""
CLIENT_ID = "cdse-public"
_WRONG_OR_LOCKED = (
    "The password is wrong, or the account is locked after too many tries, which the service says in the same words: if"
    " the password is right, wait some minutes without trying. "
)
_SETTINGS = "GEOCATALOG_COPERNICUS_USERNAME and GEOCATALOG_COPERNICUS_PASSWORD"


class CopernicusTokens:
    """Gives the current access token of one account; safe to share between threads.

    Args:
        totp: code of the second factor, for accounts that have one; it is good for one sign-in.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        token_url: str,
        username: str,
        password: SecretStr,
        file: TokenFile,
        *,
        totp: SecretStr | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = token_url
        self._username = username
        self._password = password
        self._totp = totp
        self._file = file
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._refused = ""
        self._problem: CredentialsError | None = None
        self._http = _open_session()

    def get(self) -> str:
        """Return a token that is good for at least a minute.

        Raises:
            CredentialsError: the account was refused; the same error is raised again without asking again.
            TransientError: the service cannot be reached.
        """
        with self._lock:
            if self._grant is None or not self._is_fresh(self._grant):
                self._grant = self._renewed()
            return self._grant.access_token

    def discard(self, refused: str) -> None:
        """Forget a token that the service refused, unless another thread has replaced it already."""
        with self._lock:
            if self._grant is not None and self._grant.access_token == refused:
                self._refused, self._grant = refused, None

    def _is_fresh(self, grant: Grant) -> bool:
        return grant.access_token != self._refused and grant.expires_at - self._clock() > REFRESH_EARLY

    def _renewed(self) -> Grant:
        with self._file.locked():
            kept = self._file.read()
            if kept is not None and self._is_fresh(kept):
                return kept
            grant = (self._refreshed(kept) if kept else None) or self._signed_in(worked_before=kept is not None)
            self._file.write(grant)
            return grant

    def _refreshed(self, kept: Grant) -> Grant | None:
        """Return a new grant of the same session; None if that is over."""
        if kept.refresh_expires_at - self._clock() <= REFRESH_EARLY:
            return None
        form = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token}
        response = self._ask(form)
        return self._grant_of(response) if response.ok else None

    def _signed_in(self, *, worked_before: bool) -> Grant:
        if self._problem is not None:
            raise self._problem
        form = {"grant_type": "password", "username": self._username, "password": self._password.get_secret_value()}
        if self._totp is not None:
            form["totp"] = self._totp.get_secret_value()
        response = self._ask(form)
        if response.status_code == 401 and worked_before:
            self._sleep(SECOND_TRY)
            response = self._ask(form)
        if response.ok:
            return self._grant_of(response)
        self._problem = _refusal(response, has_totp=self._totp is not None)
        raise self._problem

    def _ask(self, form: dict[str, str]) -> requests.Response:
        try:
            response = self._http.post(
                self._url, data={"client_id": CLIENT_ID, **form}, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise TransientError(
                f"The Copernicus sign-in at {self._url} cannot be reached ({type(error).__name__}): check"
                " GEOCATALOG_COPERNICUS_TOKEN_URL and the network, or run again later."
            ) from None
        if response.status_code == 429 or response.status_code >= 500:
            raise TransientError(f"The Copernicus sign-in answered {response.status_code}. Run again later.")
        return response

    def _grant_of(self, response: requests.Response) -> Grant:
        now = self._clock()
        try:
            body = response.json()
            return Grant(
                access_token=body["access_token"],
                expires_at=now + float(body["expires_in"]),
                refresh_token=body.get("refresh_token", ""),
                refresh_expires_at=now + float(body.get("refresh_expires_in", 0)),
            )
        except (ValueError, KeyError, TypeError):
            raise _something_else(response) from None


def _open_session() -> requests.Session:
    """Return a session that repeats what was not answered; a refusal is never repeated here."""
    session = HostSession()
    policy = retry_policy().new(total=3, status=3, read=0, status_forcelist=(429, 502, 503, 504))
    session.mount("https://", HTTPAdapter(max_retries=policy))
    session.mount("http://", HTTPAdapter(max_retries=policy))
    return session


def _something_else(response: requests.Response) -> CredentialsError:
    return CredentialsError(
        f"{without_query(response.url)} answers {response.status_code}, but not as the Copernicus sign-in: check"
        " GEOCATALOG_COPERNICUS_TOKEN_URL."
    )


def _refusal(response: requests.Response, *, has_totp: bool) -> CredentialsError:
    """Return why the sign-in failed; the password is not tried again, since wrong ones lock the account."""
    try:
        body = response.json()
        said = redact(str(body.get("error_description") or body["error"])).rstrip(".")
    except (ValueError, AttributeError, TypeError, KeyError):
        return _something_else(response)
    return CredentialsError(f"The Copernicus Data Space refused the sign-in ({said}). {_fix(said.lower(), has_totp)}")


def _fix(said: str, has_totp: bool) -> str:
    if "session" in said:
        return "The account has too many sessions (100 at most): they end within an hour; wait, then run again."
    if "lock" in said or "disabled" in said:
        return "The account is locked: wait some minutes without trying, or ask the Data Space's help desk."
    if "set up" in said:
        return "Sign in once at https://dataspace.copernicus.eu in a browser, and complete the account."
    first = _WRONG_OR_LOCKED if "user credentials" in said else ""
    if has_totp:
        return (
            f"{first}Check {_SETTINGS}; GEOCATALOG_COPERNICUS_TOTP is good for 30 seconds and one sign-in only: for"
            " unattended runs use an account without a second factor."
        )
    return (
        f"{first}Check {_SETTINGS}. If the account has a second factor, set GEOCATALOG_COPERNICUS_TOTP to its code, or"
        " use an account without one. Do not try again and again: the account gets locked."
    )
