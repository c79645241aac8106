"""Room for downloads: by the disk, by a setting, and by what is promised already."""

import errno
import shutil
from pathlib import Path

import pytest

from clients.copernicus.disk import MARGIN, DiskBudget, NoSpace, bytes_below, disk_free, no_space_as_ours

GB = 10**9


def budget(folder, free=10 * GB, limit=None):
    return DiskBudget(folder, limit, free=lambda _: free + MARGIN)


def test_what_is_needed_must_be_free(tmp_path):
    room = budget(tmp_path)
    room.require(10 * GB)
    with pytest.raises(NoSpace) as error:
        room.require(12 * GB)
    assert f"12.0 GB are needed in {tmp_path}, and 10.0 GB can be had" in str(error.value)
    assert "10.3 GB free" in str(error.value)


def test_a_setting_bounds_what_lies_in_the_folder(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_bytes(b"x" * 600)
    room = budget(tmp_path, limit=1000)
    assert room.available() == 400
    with pytest.raises(NoSpace, match="GEOCATALOG_COPERNICUS_DISK_BYTES allows"):
        room.require(401)


def test_what_is_promised_is_not_promised_again_until_it_is_written_or_given_back(tmp_path):
    room = budget(tmp_path, free=1000)
    with room.reserve(700) as mine:
        assert room.available() == 300
        with pytest.raises(NoSpace), room.reserve(301):
            pass
        mine.use(500)
        assert room.available() == 800
    assert room.available() == 1000


def test_a_folder_that_is_not_there_yet_is_on_the_disk_of_its_parent(tmp_path):
    assert disk_free(tmp_path / "a" / "b") > 0
    assert bytes_below(tmp_path / "a" / "b") == 0


def test_only_a_full_disk_is_a_lack_of_room(tmp_path):
    with pytest.raises(NoSpace, match="is full"), no_space_as_ours(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="Input/output"), no_space_as_ours(tmp_path):
        raise OSError(errno.EIO, "Input/output error")


def test_a_folder_that_vanishes_meanwhile_counts_nothing(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name / "below").mkdir(parents=True)
        (tmp_path / name / "below" / "file").write_bytes(b"x" * 600)
    whole = Path.stat

    def stat_then_remove_all(path, **options):
        size = whole(path, **options)
        for name in ("a", "b"):
            shutil.rmtree(tmp_path / name, ignore_errors=True)
        return size

    monkeypatch.setattr(Path, "stat", stat_then_remove_all)
    assert bytes_below(tmp_path) == 600
