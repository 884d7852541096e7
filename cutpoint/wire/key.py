"""Keys of sealed frames: one secret of 32 bytes for each device, and the files that hold them."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from cutpoint.errors import UsageError
from cutpoint.wire.ids import DeviceId, IdError

KEY_BYTES = 32
_HEX = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


class KeyFileError(UsageError):
    """A key, or a file of keys, that cannot be used. The message never holds any of its content."""


class Key:
    """An AES-256 key. Shows itself nowhere: not in `repr`, not in errors, not pickled.

    Raises `KeyFileError` for anything but 32 bytes.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        if not isinstance(raw, bytes) or len(raw) != KEY_BYTES:
            raise KeyFileError(f"a key has {KEY_BYTES} bytes; this one does not")
        if not any(raw):
            raise KeyFileError(
                "a key of nothing but zeros protects nothing; make one with `cutpoint key new`"
            )
        self._raw = raw

    @classmethod
    def new(cls) -> Self:
        """A random key from the operating system's source."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def of_hex(cls, text: str) -> Self:
        """From 64 hexadecimal digits."""
        if not isinstance(text, str) or not _HEX.fullmatch(text.strip()):
            raise KeyFileError(f"a key is {2 * KEY_BYTES} hexadecimal digits")
        return cls(bytes.fromhex(text.strip()))

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """From a file with nothing but the 64 digits, which nobody but its owner may read."""
        try:
            return cls.of_hex(_read_secret(path))
        except KeyFileError as error:
            raise KeyFileError(_about(path, error)) from None

    def reveal(self) -> bytes:
        """The 32 bytes, for a cipher or a settings image; nothing else may have them."""
        return self._raw

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell keys apart and say nothing of them."""
        return hashlib.sha256(b"cutpoint key fingerprint" + self._raw).hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and secrets.compare_digest(self._raw, other._raw)

    def __hash__(self) -> int:
        return hash(self._raw)

    def __repr__(self) -> str:
        return "Key(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled; hand over the name of its file")


def write_key_file(path: Path, key: Key) -> None:
    """Make a file, mode 0600, that `Key.of_file` reads. Raises `KeyFileError`, also when the file is there."""
    _write_new(path, key.reveal().hex() + "\n")


def read_keys(path: Path) -> dict[DeviceId, Key]:
    """The keys of many devices from a TOML file, `device-id = "64 hexadecimal digits"` a line.

    Raises `KeyFileError` when the file is not that, when others than its owner may read it, or when two devices
    have one key: their nonces could collide, and one could speak for the other.
    """
    text = _read_secret(path)
    try:
        loaded = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Its message may quote the text.
        line = text.count("\n", 0, getattr(error, "pos", 0)) + 1
        where = f" (line {line})" if hasattr(error, "pos") else ""
        raise KeyFileError(f'{path}: is not TOML{where}; write device-id = "key" a line') from None
    keys: dict[DeviceId, Key] = {}
    owners: dict[Key, DeviceId] = {}
    for number, (name, value) in enumerate(loaded.items(), 1):
        if not re.fullmatch(r"[a-z0-9-]{1,32}", name, re.ASCII):
            # Not quoted: where the two were swapped it is a key.
            raise KeyFileError(
                f"{path}: entry {number} does not begin with a device id, 1 to 32 of a-z, 0-9 and '-'; "
                'write device-id = "key" a line'
            )
        try:
            device = DeviceId(name)
            key = Key.of_hex(value)
        except (IdError, KeyFileError) as error:
            raise KeyFileError(f"{path}: {name!r}: {error}") from None
        other = owners.setdefault(key, device)
        if other != device:
            raise KeyFileError(f"{path}: {other} and {device} have the same key; give each device its own")
        keys[device] = key
    return keys


def add_key(path: Path, device: DeviceId, key: Key, *, replace: bool = False) -> None:
    """Put a device's key into a file of keys, made when it is not there; comments in it are kept.

    Raises `KeyFileError`, also for a device that has a key already, unless `replace`.
    """
    text = _read_secret(path) if path.exists() else ""
    known: Mapping[DeviceId, Key] = read_keys(path) if path.exists() else {}
    if device in known and not replace:
        raise KeyFileError(f"{path}: {device} has a key already; --replace gives it a new one")
    line = f'{device} = "{key.reveal().hex()}"\n'
    kept = [one for one in text.splitlines(keepends=True) if not _is_of(device, one)]
    if kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    fresh = path.with_name(f"{path.name}.new-{secrets.token_hex(4)}")
    _write_new(fresh, "".join([*kept, line]))
    try:
        # Read back before it takes the place of the old one: an unusual way to write an entry may hide from _is_of.
        read_keys(fresh)
        fresh.replace(path)
    except (OSError, KeyFileError) as error:
        fresh.unlink(missing_ok=True)
        raise KeyFileError(f"{path}: cannot be changed; edit it by hand: {_reason(error)}") from None


def _is_of(device: DeviceId, line: str) -> bool:
    return re.match(rf"\s*[\"']?{re.escape(device)}[\"']?\s*=", line) is not None


def _read_secret(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyFileError(
                    f"{path}: others than its owner may read or change it (mode {stat.S_IMODE(mode):04o}); "
                    f"run: chmod 600 {path}"
                )
            return file.read()
    except OSError as error:
        raise KeyFileError(
            f"{path}: cannot be read ({error.strerror}); `cutpoint key new` makes one"
        ) from None
    except UnicodeDecodeError:
        raise KeyFileError(f"{path}: is not text; a key is written as hexadecimal digits") from None


def _write_new(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise KeyFileError(f"{path}: is there already, and is not overwritten; name another file") from None
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be written ({error.strerror})") from None


def _about(path: Path, error: KeyFileError) -> str:
    text = str(error)
    return text if text.startswith(str(path)) else f"{path}: {text}"


def _reason(error: Exception) -> str:
    return str(error.strerror) if isinstance(error, OSError) else str(error)
