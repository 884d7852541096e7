"""The key that seals a device's frames: from the edge server's file of keys, or made and added to it."""

from __future__ import annotations

from pathlib import Path

from cutpoint.wire import DeviceId, Key, add_key, read_keys


def key_text(path: Path, device: DeviceId, *, new: bool = False) -> tuple[str, bool]:
    """The device's key as the setting `aead_key` takes it, and whether it was made now.

    It is taken from the file if the device has one there, else made and added before it is used anywhere, so that no
    board ever has a key that the edge lacks. `new` gives the device another one.

    Raises:
        KeyFileError: the file cannot be used; see cutpoint.wire.
    """
    known = read_keys(path) if path.exists() else {}
    if device in known and not new:
        return known[device].reveal().hex(), False
    key = Key.new()
    add_key(path, device, key, replace=new)
    return key.reveal().hex(), True
