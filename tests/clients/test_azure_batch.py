"""Our client of Azure Batch against the stand-in, with a token of the local identity."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.batch import models as bm
from azure.core.credentials import AccessToken

from clients.azure_batch import AzureBatch
from clients.tokens import TokenProvider
from emulator.azure_batch.access import AUDIENCE
from emulator.azure_batch.server import BatchServer
from emulator.config import EmulatorConfig
from emulator.identity import sign_token
from models.errors import ConflictError, CredentialsError, NotFoundError, RefusedError, TransientError


class Signer:
    """A credential that signs as the local identity does."""

    def __init__(self, audience: str = f"{AUDIENCE}/") -> None:
        self.audience = audience

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        now = int(time.time())
        return AccessToken(sign_token(EmulatorConfig(), self.audience, None, now), now + 3600)


def client_of(url: str, audience: str = f"{AUDIENCE}/") -> AzureBatch:
    return AzureBatch(url, TokenProvider(lambda: Signer(audience), "scope"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BatchServer]:
    with BatchServer(tmp_path) as server:
        server.add_pool("pool", nodes=0)
        yield server


@pytest.fixture
def account(server: BatchServer) -> AzureBatch:
    account = client_of(server.url)
    account.ensure_job("job", "pool")
    return account


def task(number: int, command: str = "/bin/true") -> bm.BatchTaskCreateOptions:
    return bm.BatchTaskCreateOptions(id=f"t{number}", command_line=command)


def test_a_job_is_made_once_and_must_fit(account: AzureBatch) -> None:
    account.ensure_job("job", "pool")
    with pytest.raises(ConflictError, match="is of pool pool, not other: choose another job id"):
        account.ensure_job("job", "other")
    account.end_job("job")
    with pytest.raises(ConflictError, match="is completed and takes no tasks"):
        account.ensure_job("job", "pool")


def test_tasks_are_added_once(account: AzureBatch) -> None:
    assert account.add_task("job", task(0)) is True
    assert account.add_task("job", task(0)) is False
    assert account.add_tasks("job", [task(number) for number in range(250)]) == 249
    assert sum(1 for _ in account.list_tasks("job", "state ne 'completed'")) == account.count_tasks("job").active == 250


def test_a_refused_task_is_named(account: AzureBatch) -> None:
    with pytest.raises(RefusedError, match=r"refused the task a b \(InvalidPropertyValue\)"):
        account.add_tasks("job", [bm.BatchTaskCreateOptions(id="a b", command_line="x")])


def test_what_is_not_there_is_told_in_the_services_words(account: AzureBatch) -> None:
    with pytest.raises(NotFoundError, match="404 PoolNotFound: The specified pool does not exist"):
        account.get_pool("none")
    with pytest.raises(NotFoundError, match="TaskNotFound"):
        account.get_task("job", "none")


def test_a_part_of_the_output_is_read_and_none_where_there_is_none(account: AzureBatch, server: BatchServer) -> None:
    account.add_task("job", task(0, "/bin/echo 0123456789"))
    assert account.read_file("job", "t0", "stdout.txt", 0, 100) == b""
    with server.account.lock:
        server.account.resize(server.account.pool("pool"), 1)
    while account.get_task("job", "t0").is_open:
        time.sleep(0.02)
    assert account.read_file("job", "t0", "stdout.txt", 2, 3) == b"234"
    assert account.read_file("job", "t0", "stdout.txt", 11, 3) == b""


def test_ending_twice_is_no_error(account: AzureBatch) -> None:
    account.add_task("job", task(0))
    assert account.terminate_task("job", "t0") is True
    assert account.terminate_task("job", "t0") is False
    ended = account.get_task("job", "t0")
    assert not ended.is_open and ended.failure == "TaskEnded: Task Was Ended by User Request"


def test_a_token_for_something_else_is_refused_with_the_fix(server: BatchServer) -> None:
    with pytest.raises(CredentialsError, match="role Azure Batch Data Contributor"):
        client_of(server.url, "https://geocatalog.spatio.azure.com").get_pool("pool")


def test_a_token_goes_to_no_unsafe_host() -> None:
    with pytest.raises(CredentialsError, match="use https"):
        client_of("http://batch.example").get_pool("pool")


def test_overload_passes_within_a_call(account: AzureBatch, server: BatchServer) -> None:
    server.account.busy_until = time.monotonic() + 1
    assert account.get_pool("pool").sentence == "pool pool has 0 of 0 nodes, 1 slots each"


def test_an_account_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with pytest.raises(TransientError, match=r"127\.0\.0\.1:9 cannot be reached"):
        client_of("http://127.0.0.1:9").get_pool("pool")
