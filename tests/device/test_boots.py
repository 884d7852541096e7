"""Boot numbers count up from life to life."""

from pathlib import Path

import pytest

from cutpoint.errors import UsageError
from host_tools.device.boots import MOST_BOOTS, BootClock, BootFile, FixedBoot


def test_a_file_counts_up_from_one(tmp_path: Path) -> None:
    path = tmp_path / "state" / "device.json"
    assert [BootFile(path).next() for _ in range(3)] == [1, 2, 3]


def test_the_number_wraps_to_one(tmp_path: Path) -> None:
    path = tmp_path / "device.json"
    path.write_text(f'{{"boot": {MOST_BOOTS}}}')
    assert BootFile(path).next() == 1


@pytest.mark.parametrize("text", ["", "{}", '{"boot": -1}', '{"boot": "7"}', '{"boot": true}', "[]"])
def test_a_damaged_file_is_said_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "device.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="mend it or delete it"):
        BootFile(path).next()
    assert path.read_text() == text


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="boot number cannot be"):
        BootFile(tmp_path / "file" / "device.json").next()


def test_without_a_file_numbers_still_count_up() -> None:
    clock = BootClock()
    first, second = clock.next(), clock.next()
    assert 0 < first < second <= MOST_BOOTS


def test_a_given_number_counts_up_at_restarts() -> None:
    boots = FixedBoot(7)
    assert [boots.next(), boots.next()] == [7, 8]
    with pytest.raises(UsageError, match="out of range"):
        FixedBoot(-1)
