"""What docs/emulator.md says of the configuration is true."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.config import EmulatorConfig

TEXT = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")


BLOCKS = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
COMMENTED = re.compile(r"^# (?=[a-z_]+ =)", re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_documented_configuration_is_the_default_one(block: str) -> None:
    assert EmulatorConfig.model_validate(tomllib.loads(block)) == EmulatorConfig()


def test_what_is_commented_out_is_valid_too() -> None:
    general, copernicus, observearth = (
        EmulatorConfig.model_validate(tomllib.loads(COMMENTED.sub("", text))) for text in BLOCKS
    )
    assert general.upstream.search_cap == 1000
    assert copernicus.copernicus.mishaps == {"truncated": 5}
    assert observearth.observearth.search_cap == 20


def test_every_section_of_the_configuration_is_documented() -> None:
    for name, value in EmulatorConfig().model_dump().items():
        names = value if isinstance(value, dict) else {name: value}
        assert [n for n in _flat(names) if n not in ("public_url", "header") and n not in TEXT] == []


def _flat(names: dict[str, Any]) -> Iterator[str]:
    for name, value in names.items():
        yield name
        yield from _flat(value) if isinstance(value, dict) else ()
