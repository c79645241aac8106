"""Ports that there are not are said in one sentence."""

import pytest
from pydantic import ValidationError

from cli.main import Up
from cli.postgresql import given_database
from models.errors import InvalidRequest


@pytest.mark.parametrize("port", [-1, 65_536, 99_999])
@pytest.mark.parametrize("option", ["emulator_port", "prefect_port"])
def test_a_port_that_there_is_not_is_refused(option, port):
    with pytest.raises(ValidationError, match=r"should be (less|greater) than or equal to"):
        Up(**{option: port})


def test_any_free_port_may_be_asked_for():
    assert Up(emulator_port=0, prefect_port=65_535).emulator_port == 0


@pytest.mark.parametrize("port", [-1, 99_999])
def test_a_database_on_a_port_that_there_is_not_is_refused(port):
    with pytest.raises(InvalidRequest, match=r"^The database of DATABASE= cannot be used: .*port must be 0-65535\.$"):
        given_database(f"postgresql://ada:planted-password@127.0.0.1:{port}/prefect")
