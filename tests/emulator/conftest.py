"""Fixtures of the emulator's tests."""

from pathlib import Path

import pytest

from emulator.content.generate import default_cache, ensure_content


@pytest.fixture(scope="session")
def content() -> Path:
    """The generated content, from the cache; the first run on a machine takes some seconds."""
    return ensure_content(default_cache())
