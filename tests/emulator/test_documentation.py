"""What docs/emulator.md says of the configuration is true."""

import re
import tomllib
from pathlib import Path

from emulator.config import EmulatorConfig

TEXT = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")


def test_the_documented_configuration_is_the_default_one() -> None:
    block = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert block
    assert EmulatorConfig.model_validate(tomllib.loads(block[1])) == EmulatorConfig()
    with_optional = re.sub(r"^# (?=[a-z_]+ =)", "", block[1], flags=re.MULTILINE)
    assert EmulatorConfig.model_validate(tomllib.loads(with_optional)).upstream.search_cap == 1000


def test_every_section_of_the_configuration_is_documented() -> None:
    for name, value in EmulatorConfig().model_dump().items():
        names = value if isinstance(value, dict) else {name: value}
        assert [n for n in names if n not in ("public_url", "header") and n not in TEXT] == []
