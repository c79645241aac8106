"""Keep tokens out of every text that leaves the process: logs, messages, artifacts."""

import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

_NAMES = "sig|sasToken|skoid|client_secret|access_token|AccountKey|token"
_SECRETS = (
    (
        re.compile(rf"(?i)(\b|%3F|%26)({_NAMES})(=|['\"]\s*:\s*['\"]|%3D)[^&\s\"'<>;)]+"),
        r"\1\2\3***",
    ),
    (re.compile(r"(?i)\bBearer\s+[A-Za-z0-9._~+/\-]+=*"), "Bearer ***"),
    (re.compile(r"\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*"), "***"),  # a JSON Web Token
    (re.compile(r"(://[^/@:\s]+:)[^/@\s]+@"), r"\1***@"),  # a password in the URL of a database
)


_SHORTEST = 6
"""Characters of the shortest secret that is looked for: replacing shorter ones would garble other words."""
_hidden: frozenset[str] = frozenset()


def hide(secret: str) -> None:
    """Let `redact` replace this secret from now on, however it looks; of a database's URL, its password."""
    global _hidden
    url = urlsplit(secret)
    is_database = "://" in secret and url.scheme not in ("http", "https")
    value = url.password or "" if is_database else secret
    if len(value) >= _SHORTEST:
        _hidden |= {value, unquote(value), quote(value, safe="")}  # a new set: threads may be going through the old one


def redact(text: str) -> str:
    """Return the text with hidden secrets, SAS signatures, tokens, and passwords in URLs replaced by `***`."""
    for secret in _hidden:
        text = text.replace(secret, "***")
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def without_query(url: str) -> str:
    """Return the URL without its query, where a SAS token would be."""
    return url.partition("?")[0]


def redact_json(value: Any) -> Any:
    """Return a copy of a JSON value with every text in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_json(member) for key, member in value.items()}
    return [redact_json(member) for member in value] if isinstance(value, list | tuple) else value
