"""What is wrong with the staging settings is said in one sentence, and never with the SAS."""

from datetime import UTC, datetime

import pytest

from models.errors import SettingsMissing
from settings import Settings
from tasks.staging import staging_of

URL = "https://account.blob.core.windows.net/stage"
SAS = "sv=2024-11-04&st=2026-01-01T00:00:00Z&se=2026-01-09T00:00:00Z&sr=c&sp=rwcl&sig=planted"


def settings(**changes):
    return Settings(**{"url": "https://geocatalog", "staging_url": URL, "staging_sas": SAS, **changes})


def now():
    return datetime(2026, 1, 2, tzinfo=UTC)


def test_a_container_and_its_sas():
    place = staging_of(settings(staging_url=f"{URL}/", staging_sas=f"?{SAS}"), now)
    assert (place.container.url, place.container.name) == (URL, "stage")
    assert "planted" not in repr(place)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"staging_url": None}, "set GEOCATALOG_STAGING_URL to the container's URL"),
        ({"staging_sas": None}, "and GEOCATALOG_STAGING_SAS to a SAS"),
        ({"staging_sas": ""}, "and GEOCATALOG_STAGING_SAS to a SAS"),
        ({"staging_url": f"{URL}/folder"}, "is not the URL of a blob container"),
        ({"staging_url": f"{URL}?{SAS}"}, "is not the URL of a blob container"),
        ({"staging_url": "https://account.blob.core.windows.net"}, "is not the URL of a blob container"),
        ({"staging_sas": "planted"}, "is no SAS with a start"),
        ({"staging_sas": SAS.replace("sp=rwcl", "sp=rl")}, "lacks the rights wc"),
        ({"staging_sas": SAS.replace("se=2026-01-09", "se=2026-01-01")}, "ends at 2026-01-01 00:00 UTC"),
        ({"staging_sas": SAS.replace("se=2026", "se=planted")}, "no readable end"),
    ],
)
def test_what_is_wrong_is_said(changes, sentence):
    with pytest.raises(SettingsMissing, match=sentence) as error:
        staging_of(settings(**changes), now)
    assert "planted" not in str(error.value)


def test_a_stored_access_policy_says_itself_what_it_permits():
    sas = "sv=2024-11-04&st=2026-01-01T00:00:00Z&si=policy&sr=c&sig=planted"
    assert staging_of(settings(staging_sas=sas), now).container.url == URL
