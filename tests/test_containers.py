"""The container image holds all that flows need, and nothing that it does not."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[1]
NOT_IN_IT = {"emulator", "benchmarks"}
"""The local GeoCatalog and what measures it are for machines of developers."""


def shipped() -> set[str]:
    """Return the packages and modules of the project that run flows."""
    found = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packages = {name.rstrip("*").partition(".")[0] for name in found["packages"]["find"]["include"]}
    return (packages - NOT_IN_IT) | {f"{module}.py" for module in found["py-modules"]}


@pytest.mark.parametrize("file", ["deployments/Containerfile", ".dockerignore"])
def test_every_package_is_in_the_image(file):
    words = set(re.findall(r"[\w.]+", (PROJECT / file).read_text()))
    assert shipped() <= words


def test_server_and_worker_agree_on_the_database_and_the_pool():
    services = yaml.safe_load((PROJECT / "deployments/compose.yaml").read_text())["services"]
    assert set(services) == {"postgres", "server", "setup", "worker"}
    assert "--pool geocatalog" in services["worker"]["command"]
    assert "work-pool create geocatalog" in services["setup"]["command"]
    password = "${POSTGRES_PASSWORD"
    assert password in services["server"]["environment"]["PREFECT_API_DATABASE_CONNECTION_URL"]
    assert password in services["worker"]["environment"]["GEOCATALOG_LEDGER_URL"]
