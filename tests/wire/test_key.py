"""Files of keys: made for their owner alone, read strictly, and quoted by no error."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cutpoint.wire import DeviceId, Key, KeyFileError, add_key, read_keys, write_key_file

SECRET = "a1" * 32
OTHER = "b2" * 32

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


def keys_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_key_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    key = Key.new()
    write_key_file(tmp_path / "cam.key", key)
    assert Key.of_file(tmp_path / "cam.key") == key


@posix
def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_key_file(tmp_path / "cam.key", Key.new())
        add_key(tmp_path / "keys.toml", DeviceId("cam"), Key.new())
    finally:
        os.umask(before)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    write_key_file(tmp_path / "cam.key", Key.of_hex(SECRET))
    with pytest.raises(KeyFileError, match="is there already"):
        write_key_file(tmp_path / "cam.key", Key.new())
    assert Key.of_file(tmp_path / "cam.key") == Key.of_hex(SECRET)


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_file_that_others_may_read_or_change_is_refused_with_the_mend(tmp_path: Path, mode: int) -> None:
    path = keys_file(tmp_path / "keys.toml", f'cam = "{SECRET}"\n')
    path.chmod(mode)
    for read in (read_keys, Key.of_file):
        with pytest.raises(KeyFileError, match="chmod 600"):
            read(path)


def test_keys_of_many_devices_are_read(tmp_path: Path) -> None:
    path = keys_file(tmp_path / "keys.toml", f'# two\ncam-1 = "{SECRET}"\n"0" = "{OTHER.upper()}"\n')
    assert read_keys(path) == {"cam-1": Key.of_hex(SECRET), "0": Key.of_hex(OTHER)}
    assert read_keys(keys_file(tmp_path / "none.toml", "")) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'cam-1 = "{SECRET}"\ncam-2 = "{SECRET}"\n', "the same key"),
        (f'cam-1 = "{SECRET[:-2]}"\n', "64 hexadecimal digits"),
        (f'cam-1 = "{SECRET}00"\n', "64 hexadecimal digits"),
        (f'cam-1 = "{SECRET[:-1]}g"\n', "64 hexadecimal digits"),
        (f'cam-1 = "{"0" * 64}"\n', "zeros"),
        ("cam-1 = 5\n", "64 hexadecimal digits"),
        (f'Cam_1 = "{SECRET}"\n', "device id"),
        (f'[keys]\ncam-1 = "{SECRET}"\n', "64 hexadecimal digits"),
        (f"cam-1 = {SECRET}\n", "is not TOML"),
        (f'cam-1 = "{SECRET}\n', "is not TOML"),
        (f'cam-1 = "{SECRET}"\ncam-1 = "{OTHER}"\n', "is not TOML"),
    ],
)
def test_a_bad_file_of_keys_is_refused_by_name_and_without_its_content(
    tmp_path: Path, text: str, words: str
) -> None:
    path = keys_file(tmp_path / "keys.toml", text)
    with pytest.raises(KeyFileError, match=words) as refused:
        read_keys(path)
    said = str(refused.value)
    assert said.startswith(str(path))
    assert SECRET[:16] not in said
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_key_in_the_place_of_a_device_is_not_quoted(tmp_path: Path) -> None:
    path = keys_file(tmp_path / "keys.toml", f'cam-1 = "{OTHER}"\n{SECRET} = "cam-2"\n')
    with pytest.raises(KeyFileError, match="entry 2 does not begin with a device id") as caught:
        read_keys(path)
    assert SECRET[:16] not in str(caught.value)


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(b"\xff\xfe\x00")
    path.chmod(0o600)
    for read in (read_keys, Key.of_file):
        with pytest.raises(KeyFileError, match="is not text"):
            read(path)
        with pytest.raises(KeyFileError, match="cannot be read"):
            read(tmp_path / "absent")


def test_a_key_is_added_beside_the_others_and_comments_stay(tmp_path: Path) -> None:
    path = keys_file(tmp_path / "keys.toml", f'# the hall\ncam-1 = "{SECRET}"')
    key = Key.new()
    add_key(path, DeviceId("cam-2"), key)
    assert read_keys(path) == {"cam-1": Key.of_hex(SECRET), "cam-2": key}
    assert path.read_text().startswith("# the hall\n")
    assert [one.name for one in tmp_path.iterdir()] == ["keys.toml"]


def test_a_device_gets_a_new_key_only_when_asked_to(tmp_path: Path) -> None:
    path = keys_file(tmp_path / "keys.toml", f'cam-1 = "{SECRET}"\ncam-11 = "{OTHER}"\n')
    with pytest.raises(KeyFileError, match="has a key already"):
        add_key(path, DeviceId("cam-1"), Key.new())
    key = Key.new()
    add_key(path, DeviceId("cam-1"), key, replace=True)
    assert read_keys(path) == {"cam-1": key, "cam-11": Key.of_hex(OTHER)}


def test_a_key_that_another_device_has_is_not_added(tmp_path: Path) -> None:
    path = keys_file(tmp_path / "keys.toml", f'cam-1 = "{SECRET}"\n')
    with pytest.raises(KeyFileError, match="the same key"):
        add_key(path, DeviceId("cam-2"), Key.of_hex(SECRET))
    assert read_keys(path) == {"cam-1": Key.of_hex(SECRET)}
    assert [one.name for one in tmp_path.iterdir()] == ["keys.toml"]
