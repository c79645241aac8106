"""Container SAS tokens: what opens a container, what does not, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from emulator.sas_tokens import SasRefused, SasTokens, parse_sas, sas_expiry

NOW = datetime(2026, 4, 15, 12, 0, 0, 250_000, tzinfo=UTC)
CONTAINER = "http://127.0.0.1:8090/planetary-computer/blob/acct/cont"


def test_a_signed_container_opens_until_the_token_ends() -> None:
    tokens = SasTokens()
    sas = tokens.sign(CONTAINER, 45, NOW)

    tokens.check(CONTAINER, "?" + sas.token, NOW)
    tokens.check(CONTAINER.replace("127.0.0.1", "localhost"), sas.token, NOW)
    with pytest.raises(SasRefused, match="time frame") as refused:
        tokens.check(CONTAINER, sas.token, NOW + timedelta(minutes=45))
    assert (refused.value.status, refused.value.code) == (403, "AuthenticationFailed")


def test_a_token_has_the_form_of_a_user_delegation_sas() -> None:
    sas = SasTokens().sign(CONTAINER, 45, NOW)

    fields = parse_sas(sas.token)
    assert " ".join(fields) == "st se sp sv sr skoid sktid skt ske sks skv sig"
    assert (fields["sp"], fields["sr"], fields["se"]) == (
        "rl",
        "c",
        "2026-04-15T12:45:00Z",
    )
    assert sas_expiry(sas.token) == sas.expiry == datetime(2026, 4, 15, 12, 45, tzinfo=UTC)


def test_without_a_signature_public_access_is_refused() -> None:
    with pytest.raises(SasRefused) as refused:
        SasTokens().check(CONTAINER, "", NOW)
    assert (refused.value.status, refused.value.code) == (
        409,
        "PublicAccessNotPermitted",
    )


@pytest.mark.parametrize("change", ["other container", "longer life", "other signature"])
def test_a_token_opens_nothing_that_was_not_signed(change: str) -> None:
    token = SasTokens().sign(CONTAINER, 45, NOW).token
    url = CONTAINER + "2" if change == "other container" else CONTAINER
    if change == "longer life":
        token = token.replace("se=2026", "se=2027")
    if change == "other signature":
        token = token[: token.index("sig=")] + "sig=AAAA"

    with pytest.raises(SasRefused) as refused:
        SasTokens().check(url, token, NOW)
    assert refused.value.status == 403


def test_revoking_an_account_spares_the_others() -> None:
    tokens = SasTokens()
    other = "http://127.0.0.1:8090/managed-storage/local/cat-01234567"
    revoked, kept = tokens.sign(CONTAINER, 45, NOW), tokens.sign(other, 45, NOW)

    tokens.revoke(CONTAINER.rpartition("/")[0])

    with pytest.raises(SasRefused):
        tokens.check(CONTAINER, revoked.token, NOW)
    tokens.check(other, kept.token, NOW)
    tokens.check(CONTAINER, tokens.sign(CONTAINER, 45, NOW).token, NOW)


def test_an_unreadable_expiry_is_none() -> None:
    assert sas_expiry("sp=rl&se=tomorrow") is None
    assert sas_expiry("sp=rl") is None
