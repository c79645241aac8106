"""Sign-in of the Copernicus Data Space: grants, sessions, refusals."""

import pytest
import requests

from tests.emulator.copernicus import DataSpace


def error(response: requests.Response) -> tuple[int, str, str]:
    return response.status_code, response.json()["error"], response.json()["error_description"]


def download_with(data_space: DataSpace, token: str) -> requests.Response:
    url = data_space.value_url(data_space.product("S5P"))
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def test_the_answer_has_the_real_shape(data_space: DataSpace) -> None:
    answer = data_space.sign_in().json()
    names = "access_token expires_in refresh_expires_in refresh_token token_type not-before-policy session_state scope"
    assert list(answer) == names.split()
    assert (answer["expires_in"], answer["refresh_expires_in"], answer["token_type"]) == (600, 3600, "Bearer")
    assert download_with(data_space, answer["access_token"]).ok


def test_a_refresh_keeps_the_session_and_its_end(data_space: DataSpace) -> None:
    first = data_space.sign_in().json()
    for left in (3000, 2400):
        data_space.control("POST", "clock/advance", {"seconds": 600})
        again = data_space.grant(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
        assert again["session_state"] == first["session_state"]
        assert again["refresh_expires_in"] == pytest.approx(left, abs=20)
        assert download_with(data_space, again["access_token"]).ok
    counts = data_space.counts()
    assert (counts["sessions"], counts["sessions_opened"], counts["refresh_grants"]) == (1, 1, 2)


def test_an_expired_refresh_token_is_refused(data_space: DataSpace) -> None:
    token = data_space.sign_in().json()["refresh_token"]
    data_space.control("POST", "clock/advance", {"seconds": 3600})
    refused = data_space.grant(grant_type="refresh_token", refresh_token=token)
    assert error(refused) == (400, "invalid_grant", "Token is not active")


def test_an_ended_session_is_refused(data_space: DataSpace) -> None:
    token = data_space.sign_in().json()["refresh_token"]
    data_space.control("DELETE", "copernicus/sessions")
    refused = data_space.grant(grant_type="refresh_token", refresh_token=token)
    assert error(refused) == (400, "invalid_grant", "Session not active")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"password": "wrong"}, (401, "invalid_grant", "Invalid user credentials")),
        ({"username": "nobody"}, (401, "invalid_grant", "Invalid user credentials")),
        ({"client_id": "sh-123"}, (401, "invalid_client", "Invalid client or Invalid client credentials")),
        ({"grant_type": "client_credentials"}, (400, "unsupported_grant_type", "Unsupported grant_type")),
        ({"grant_type": "refresh_token"}, (400, "invalid_grant", "Invalid refresh token")),
    ],
)
def test_refusals(data_space: DataSpace, form: dict[str, str], expected: tuple[int, str, str]) -> None:
    assert error(data_space.sign_in(**form)) == expected


def test_wrong_passwords_lock_the_account_without_saying_so(data_space: DataSpace) -> None:
    for _ in range(5):
        data_space.sign_in(password="wrong")
    assert error(data_space.sign_in()) == (401, "invalid_grant", "Invalid user credentials")
    data_space.control("POST", "clock/advance", {"seconds": 61})
    assert data_space.sign_in().ok


def test_a_second_factor_is_asked_for_by_the_same_words(data_space: DataSpace) -> None:
    data_space.configure(account={"totp": "123456"})
    assert error(data_space.sign_in()) == (401, "invalid_grant", "Invalid user credentials")
    assert data_space.sign_in(totp="123456").ok


def test_an_incomplete_account(data_space: DataSpace) -> None:
    data_space.configure(account={"incomplete": True})
    assert error(data_space.sign_in()) == (400, "invalid_grant", "Account is not fully set up")


def test_sessions_are_limited(data_space: DataSpace) -> None:
    data_space.configure(account={"max_sessions": 2})
    assert [data_space.sign_in().status_code for _ in range(3)] == [200, 200, 403]
    data_space.control("POST", "clock/advance", {"seconds": 3600})
    assert data_space.sign_in().ok


def test_downloads_refuse_tokens_by_their_own_codes(data_space: DataSpace) -> None:
    token = data_space.sign_in().json()["access_token"]
    data_space.control("POST", "clock/advance", {"seconds": 600})
    expired = download_with(data_space, token)
    data_space.configure(account={"audience": "SENTINEL_HUB"})
    other = download_with(data_space, data_space.sign_in().json()["access_token"])
    none = requests.get(data_space.value_url(data_space.product("S5P")), timeout=60)
    codes = [(response.status_code, response.json()["code"]) for response in (expired, other, none)]
    assert codes == [(401, "DAT-ZIP-109"), (401, "DAT-ZIP-609"), (401, "DAT-ZIP-604")]
