"""Sign-in: sessions, their tokens, and the lock after wrong passwords."""

import threading
import uuid
from dataclasses import dataclass

import jwt
from jwt.types import Options

from emulator.json_types import JsonDict
from emulator.upstreams.copernicus.config import AccountConfig

CLIENT = "cdse-public"
# A well-known key, as Azurite has one: nothing behind the emulator is secret.
SIGNING_KEY = "geocatalog-emulator-well-known-copernicus-key"
ALGORITHM, KEY_ID = "HS256", "geocatalog-emulator"


class GrantRefused(Exception):
    """The token host refuses: HTTP status, `error` and `error_description`."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error


class DownloadRefused(Exception):
    """The download host refuses: HTTP status, one of its codes, and a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class _Session:
    started: float
    ends: float
    """Seconds since the epoch: so long its refresh token is good, however often it is used."""


class Sessions:
    """Thread-safe. All times are seconds since the epoch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all sessions and counts."""
        with self._lock:
            self._sessions: dict[str, _Session] = {}
            self._wrong_in_a_row = 0
            self._locked_until = 0.0
            self._counts = {"password_grants": 0, "refresh_grants": 0, "refused_grants": 0}

    def end_all(self) -> None:
        """End every session: refresh tokens are refused; access tokens live on to their end."""
        with self._lock:
            self._sessions.clear()

    def summary(self, now: float) -> JsonDict:
        """Return the counts; each password grant opened a session."""
        with self._lock:
            return {"sessions": self._active(now), "sessions_opened": self._counts["password_grants"], **self._counts}

    def grant(self, form: dict[str, str], account: AccountConfig, now: float) -> JsonDict:
        """Answer a request for tokens.

        Raises:
            GrantRefused: as Keycloak refuses.
        """
        with self._lock:
            try:
                session_id = self._session_for(form, account, now)
            except GrantRefused:
                self._counts["refused_grants"] += 1
                raise
            session = self._sessions[session_id]
        return _answer(session_id, session, account, now)

    def _session_for(self, form: dict[str, str], account: AccountConfig, now: float) -> str:
        kind = form.get("grant_type")
        if kind is None:
            raise GrantRefused(400, "invalid_request", "Missing form parameter: grant_type")
        if form.get("client_id") != CLIENT:
            raise GrantRefused(401, "invalid_client", "Invalid client or Invalid client credentials")
        if kind == "password":
            return self._opened(form, account, now)
        if kind == "refresh_token":
            return self._refreshed(form.get("refresh_token", ""), now)
        raise GrantRefused(400, "unsupported_grant_type", "Unsupported grant_type")

    def _opened(self, form: dict[str, str], account: AccountConfig, now: float) -> str:
        self._check_password(form, account, now)
        if account.incomplete:
            raise GrantRefused(400, "invalid_grant", "Account is not fully set up")
        if self._active(now) >= account.max_sessions:
            raise GrantRefused(403, "access_denied", "Max session number exceeded")
        session_id = str(uuid.uuid4())
        self._sessions[session_id] = _Session(now, now + account.refresh_seconds)
        self._counts["password_grants"] += 1
        return session_id

    def _check_password(self, form: dict[str, str], account: AccountConfig, now: float) -> None:
        """Refuse a wrong password, a missing second factor and a locked account by the same words."""
        right = (form.get("username"), form.get("password")) == (account.username, account.password)
        right = right and account.totp in (None, form.get("totp"))
        if right and now >= self._locked_until:
            self._wrong_in_a_row = 0
            return
        self._wrong_in_a_row += not right
        if self._wrong_in_a_row >= account.lock_after:
            self._wrong_in_a_row, self._locked_until = 0, now + account.lock_seconds
        raise GrantRefused(401, "invalid_grant", "Invalid user credentials")

    def _refreshed(self, token: str, now: float) -> str:
        try:
            claims = _decode(token)
        except jwt.PyJWTError:
            raise GrantRefused(400, "invalid_grant", "Invalid refresh token") from None
        if claims.get("typ") != "Refresh":
            raise GrantRefused(400, "invalid_grant", "Invalid refresh token")
        if claims["exp"] <= now:
            raise GrantRefused(400, "invalid_grant", "Token is not active")
        if claims["sid"] not in self._sessions:
            raise GrantRefused(400, "invalid_grant", "Session not active")
        self._counts["refresh_grants"] += 1
        return str(claims["sid"])

    def _active(self, now: float) -> int:
        return sum(session.ends > now for session in self._sessions.values())


def check_download_token(authorization: str | None, now: float) -> str:
    """Return the account that a token names.

    Raises:
        DownloadRefused: it is missing, malformed, expired or for another service.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise DownloadRefused(401, "DAT-ZIP-604", "Token not found")
    try:
        claims = _decode(token.strip())
    except jwt.PyJWTError:
        raise DownloadRefused(401, "DAT-ZIP-109", "Token is invalid") from None
    if claims["exp"] <= now:
        raise DownloadRefused(401, "DAT-ZIP-109", "Token is expired")
    if "CLOUDFERRO_PUBLIC" not in claims.get("aud", ()) or claims.get("typ") != "Bearer":
        raise DownloadRefused(401, "DAT-ZIP-609", "Token audience not allowed")
    return str(claims["preferred_username"])


def _answer(session_id: str, session: _Session, account: AccountConfig, now: float) -> JsonDict:
    lives, refreshes = account.token_seconds, max(0, int(session.ends - now))
    claims = {"sid": session_id, "iat": int(now), "preferred_username": account.username, "azp": CLIENT}
    access = {**claims, "typ": "Bearer", "exp": now + lives, "aud": [account.audience], "jti": str(uuid.uuid4())}
    refresh = {**claims, "typ": "Refresh", "exp": session.ends}
    return {
        "access_token": jwt.encode(access, SIGNING_KEY, ALGORITHM, {"kid": KEY_ID}),
        "expires_in": lives,
        "refresh_expires_in": refreshes,
        "refresh_token": jwt.encode(refresh, SIGNING_KEY, ALGORITHM),
        "token_type": "Bearer",
        "not-before-policy": 0,
        "session_state": session_id,
        "scope": "AUDIENCE_PUBLIC openid email profile user-context",
    }


def _decode(token: str) -> JsonDict:
    # audience and expiry are checked by the callers: PyJWT would use the wall clock
    unchecked: Options = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    unchecked["require"] = ["exp"]
    claims: JsonDict = jwt.decode(token, SIGNING_KEY, [ALGORITHM], options=unchecked)
    return claims
