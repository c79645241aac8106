"""Sign-in: one session for all threads and processes, and clear words when there is none."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from clients.copernicus.token_file import TokenFile
from models.errors import CredentialsError, Stopped, TransientError
from tests.emulator.copernicus import PASSWORD


class Clock:
    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        return self.now


def refusal(tokens):
    with pytest.raises(CredentialsError) as refused:
        tokens.get()
    return str(refused.value)


def test_threads_and_processes_share_one_session(data_space, open_tokens):
    processes = [open_tokens() for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        got = set(pool.map(lambda number: processes[number % 4].get(), range(64)))
    assert len(got) == 1
    assert data_space.counts()["password_grants"] == 1


def test_only_the_user_can_read_the_kept_sign_in(data_space, open_tokens, tmp_path):
    open_tokens().get()
    path = tmp_path / "state" / "token.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert PASSWORD not in path.read_text()


def test_a_token_is_refreshed_a_minute_before_it_ends(data_space, open_tokens):
    clock = Clock()
    tokens = open_tokens(clock=clock)
    first = tokens.get()
    clock.now += 539
    assert tokens.get() == first
    clock.now += 2
    assert tokens.get() != first
    counts = data_space.counts()
    assert (counts["password_grants"], counts["refresh_grants"]) == (1, 1)


def test_when_the_session_ends_a_new_one_is_opened_once(data_space, open_tokens):
    clock = Clock()
    tokens = open_tokens(clock=clock)
    tokens.get()
    data_space.control("DELETE", "copernicus/sessions")
    clock.now += 590
    tokens.get()
    clock.now += 3_600
    tokens.get()
    assert data_space.counts()["password_grants"] == 3


def test_a_refused_token_is_replaced_once_for_all_that_had_it(data_space, open_tokens):
    tokens, other = open_tokens(), open_tokens()
    refused = tokens.get()
    other.get()
    for each in (tokens, tokens, other):
        each.discard(refused)
    assert tokens.get() == other.get() != refused
    counts = data_space.counts()
    assert (counts["password_grants"], counts["refresh_grants"]) == (1, 1)


def test_a_wrong_password_is_tried_once_whoever_asks_again(data_space, open_tokens, slept):
    tokens = open_tokens("mistyped")
    with ThreadPoolExecutor(8) as pool:
        messages = set(pool.map(lambda _: refusal(tokens), range(16)))
    assert len(messages) == 1
    message = messages.pop()
    assert "Invalid user credentials" in message
    assert "GEOCATALOG_COPERNICUS_PASSWORD" in message
    assert "GEOCATALOG_COPERNICUS_TOTP" in message
    assert "mistyped" not in message
    assert data_space.counts()["refused_grants"] == 1
    assert slept == []


def test_a_password_that_worked_before_is_tried_twice(data_space, open_tokens, slept):
    open_tokens().get()
    data_space.control("DELETE", "copernicus/sessions")
    later = Clock()
    later.now = 4_000_000_000.0
    refusal(open_tokens("wrong", clock=later))
    assert slept == [30.0]
    assert data_space.counts()["refused_grants"] == 2


def test_a_locked_account_refuses_the_right_password_too_and_the_message_says_so(data_space, open_tokens):
    data_space.configure(account={"lock_after": 1})
    data_space.sign_in(password="mistyped")
    message = refusal(open_tokens())
    assert "Invalid user credentials" in message
    assert "password is wrong, or the account is locked after too many tries" in message
    assert "wait some minutes" in message


def test_a_second_factor(data_space, open_tokens):
    data_space.configure(account={"totp": "123456"})
    assert "second factor" in refusal(open_tokens())
    assert "30 seconds" in refusal(open_tokens(totp=SecretStr("654321")))
    assert open_tokens(totp=SecretStr("123456")).get()


@pytest.mark.parametrize(
    ("account", "words"),
    [({"max_sessions": 1}, "too many sessions"), ({"incomplete": True}, "complete the account")],
)
def test_other_refusals_say_what_to_do(data_space, open_tokens, account, words):
    data_space.configure(account=account)
    data_space.sign_in()
    assert words in refusal(open_tokens())


def test_a_service_that_is_down_is_no_wrong_password(data_space, open_tokens):
    data_space.control("POST", "faults", {"path": "/copernicus/auth/*", "status": 503, "times": 20})
    with pytest.raises(TransientError, match="503"):
        open_tokens().get()
    assert data_space.counts()["refused_grants"] == 0


def test_nobody_who_is_asked_to_stop_waits_for_another_sign_in(tmp_path):
    waiting = TokenFile(tmp_path / "token.json", cancelled=lambda: True)
    with TokenFile(tmp_path / "token.json").locked(), ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(waiting.locked().__enter__).exception(), Stopped)


def test_something_else_at_the_url_is_said(data_space, open_tokens):
    data_space.token_url = f"{data_space.catalogue}/Products"
    assert "GEOCATALOG_COPERNICUS_TOKEN_URL" in refusal(open_tokens())
