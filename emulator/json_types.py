"""Types of the JSON documents that pass through the emulator."""

from typing import Any

JsonDict = dict[str, Any]
