"""Ids as the service takes them."""

import hashlib
import re

LONGEST_ID = 64
"""Characters, at most; letters, digits, - and _ only."""


def batch_id(text: str) -> str:
    """Return an id that Batch takes, the same for the same text; different texts that look alike stay different."""
    clean = re.sub(r"[^A-Za-z0-9_-]", "-", text)
    if clean == text and len(text) <= LONGEST_ID:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{clean[: LONGEST_ID - 9]}-{digest}"
