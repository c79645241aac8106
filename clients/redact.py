"""Redaction, by the name that the clients use."""

from models.redact import redact, without_query

__all__ = ["redact", "without_query"]
