"""Keep tokens out of every text that leaves the process: logs, messages, artifacts."""

import re
from typing import Any

_NAMES = "sig|sasToken|skoid|client_secret|access_token|AccountKey|token"
_SECRETS = (
    (
        re.compile(rf"(?i)(\b|%3F|%26)({_NAMES})(=|['\"]\s*:\s*['\"]|%3D)[^&\s\"'<>;)]+"),
        r"\1\2\3***",
    ),
    (re.compile(r"(?i)\bBearer\s+[A-Za-z0-9._~+/\-]+=*"), "Bearer ***"),
    (re.compile(r"\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*"), "***"),  # a JSON Web Token
)


def redact(text: str) -> str:
    """Return the text with SAS signatures, bearer tokens and JSON Web Tokens replaced by `***`."""
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
