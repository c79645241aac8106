"""Container SAS tokens: signed with HMAC, checked by the emulator's own blob hosts.

The form is that of a user-delegation SAS, as both the Planetary Computer and a GeoCatalog
hand out: `st, se, sp=rl, sv, sr=c, skoid, sktid, skt, ske, sks=b, skv, sig`.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

SERVICE_VERSION = "2025-01-05"
# A well-known key, as Azurite has one: nothing behind the emulator is secret, and tokens
# that were handed out keep their validity over a restart.
LOCAL_KEY = b"geocatalog-emulator-well-known-sas-key"
_CLOCK_SKEW = timedelta(minutes=5)
PERMISSIONS = "racwdxltfmeop"
"""All that a container SAS can permit, in the order in which Azure demands them."""
_SIGNED_FIELDS = ("st", "se", "sp", "sv", "sr")


@dataclass(frozen=True)
class SasToken:
    """A query string without its leading `?`, and the moment at which it ends (UTC)."""

    token: str
    expiry: datetime


class SasRefused(Exception):
    """A blob request without a valid SAS, as Azure Blob Storage refuses it.

    Attributes:
        status: 409 without any signature, else 403.
        code: value of `x-ms-error-code`.
        message: the service's own sentence.
        detail: text of `AuthenticationErrorDetail`, empty when there is none.
    """

    def __init__(self, status: int, code: str, message: str, detail: str = "") -> None:
        super().__init__(f"{code}: {message} {detail}".strip())
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail


class SasTokens:
    """Signs container URLs and checks what was signed.

    Revoking is remembered in memory only: a restart makes revoked tokens valid again.
    """

    def __init__(self, key: bytes = LOCAL_KEY) -> None:
        self._key = key
        self._generations: dict[str, int] = {}

    def sign(self, container_url: str, minutes: float, now: datetime, permissions: str = "rl") -> SasToken:
        """Give access to one container, for reading and listing unless `permissions` says otherwise.

        Args:
            container_url: `{host}/{account}/{container}`; scheme and host are not signed, so
                that `localhost` and `127.0.0.1` are the same container.
            minutes: life of the token from `now`; a negative one is already expired.
            now: aware time; the token starts 5 minutes earlier, against clock skew.
            permissions: letters out of PERMISSIONS, in any order.
        """
        expiry = (now + timedelta(minutes=minutes)).replace(microsecond=0)
        fields = {"st": to_sas_time(now - _CLOCK_SKEW), "se": to_sas_time(expiry)}
        sp = "".join(letter for letter in PERMISSIONS if letter in permissions)
        fields |= {"sp": sp, "sv": SERVICE_VERSION, "sr": "c"}
        fields |= _delegation_key(fields)
        fields["sig"] = self._signature(container_url, fields)
        return SasToken(urlencode(fields), expiry)

    def check(self, container_url: str, query: str, now: datetime, permissions: str = "r") -> None:
        """Return if `query` opens the container at `now`.

        Args:
            container_url: `{host}/{account}/{container}`, no trailing slash.
            query: the request's query string; parameters that are not of the SAS are ignored.
            now: aware time of the request.
            permissions: letters of which the token must have one.

        Raises:
            SasRefused: 409 without a signature; 403 when it is wrong, revoked, out of time or
                does not permit this.
        """
        fields = parse_sas(query)
        if "sig" not in fields:
            raise SasRefused(
                409,
                "PublicAccessNotPermitted",
                "Public access is not permitted on this storage account.",
            )
        expected = self._signature(container_url, fields)
        if not hmac.compare_digest(expected.encode(), fields["sig"].encode()):
            raise _authentication_failed("Signature did not match.")
        _check_time_frame(fields, now)
        if not set(fields.get("sp", "")) & set(permissions):
            message = "This request is not authorized to perform this operation using this permission."
            raise SasRefused(403, "AuthorizationPermissionMismatch", message)

    def revoke(self, account_url: str) -> None:
        """Make every token of this account's containers worthless, as new delegation keys do.

        Args:
            account_url: `{host}/{account}`, the part of a container URL before its last slash.
        """
        account = _resource(account_url)
        self._generations[account] = self._generations.get(account, 0) + 1

    def _signature(self, container_url: str, fields: dict[str, str]) -> str:
        resource = _resource(container_url)
        generation = self._generations.get(resource.rpartition("/")[0], 0)
        signed = [
            resource,
            str(generation),
            *(fields.get(name, "") for name in _SIGNED_FIELDS),
        ]
        digest = hmac.new(self._key, "\n".join(signed).encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


def parse_sas(query: str) -> dict[str, str]:
    """Split a SAS token or a whole query string; the first `?` may be there or not."""
    return dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))


def sas_expiry(query: str) -> datetime | None:
    """Read the end of a SAS token from its `se`; None without one or with an unreadable one."""
    try:
        return from_sas_time(parse_sas(query)["se"])
    except (KeyError, ValueError):
        return None


def to_sas_time(moment: datetime) -> str:
    """Format an aware time as SAS tokens carry it: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_sas_time(text: str) -> datetime:
    """Read a time of a SAS token; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_time_frame(fields: dict[str, str], now: datetime) -> None:
    start, expiry = from_sas_time(fields["st"]), from_sas_time(fields["se"])
    if not start <= now < expiry:
        raise _authentication_failed(
            f"Signature not valid in the specified time frame: Start [{start:%a, %d %b %Y %H:%M:%S GMT}]"
            f" - Expiry [{expiry:%a, %d %b %Y %H:%M:%S GMT}] - Current [{now:%a, %d %b %Y %H:%M:%S GMT}]"
        )


def _authentication_failed(detail: str) -> SasRefused:
    message = (
        "Server failed to authenticate the request. Make sure the value of Authorization header"
        " is formed correctly including the signature."
    )
    return SasRefused(403, "AuthenticationFailed", message, detail)


def _resource(url: str) -> str:
    return urlsplit(url).path.rstrip("/")


def _delegation_key(fields: dict[str, str]) -> dict[str, str]:
    """The members that name the user-delegation key; not signed here."""
    zero = "00000000-0000-0000-0000-000000000000"
    key = {"skoid": zero, "sktid": zero, "skt": fields["st"], "ske": fields["se"]}
    return key | {"sks": "b", "skv": SERVICE_VERSION}
