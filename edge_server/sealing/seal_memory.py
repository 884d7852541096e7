"""What a server must know of sealed frames after a restart: its own last life, and what it opened last."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cutpoint.errors import CutpointError
from cutpoint.wire import DeviceId, Life
from edge_server.errors import ConfigError

Newest = tuple[Life, int]
"""The newest frame that was opened of a device: life and counter."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The server's last life, and the newest frame by device and fingerprint of its key."""

    life: Life | None = None
    devices: Mapping[tuple[DeviceId, str], Newest] = field(default_factory=dict)


class SealMemory:
    """A small JSON file without secrets, replaced in one step. One server at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Remembered:
        """What was written last; nothing when there is no file. Raises ConfigError for anything else."""
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            devices = {
                (DeviceId(one["device"]), str(one["key"])): (_life(one), _number(one["counter"], 32))
                for one in said["devices"]
            }
            return Remembered(_life(said), devices)
        except FileNotFoundError:
            return Remembered()
        except OSError as error:
            raise ConfigError(f"{self._path}: cannot be read ({error.strerror}); {_MEND}") from error
        except (ValueError, KeyError, TypeError, RecursionError, CutpointError) as error:
            raise ConfigError(f"{self._path}: is not what a server wrote; {_MEND}") from error

    def write(self, remembered: Remembered) -> None:
        """Replace the file. Raises ConfigError."""
        life = remembered.life or Life(0, 0)
        said = {
            "boot": life.boot,
            "salt": life.salt,
            "devices": [
                {"device": device, "key": key, "boot": life.boot, "salt": life.salt, "counter": counter}
                for (device, key), (life, counter) in remembered.devices.items()
            ],
        }
        fresh = self._path.with_name(f"{self._path.name}.new-{secrets.token_hex(4)}")
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps(said, indent=1) + "\n")
            fresh.replace(self._path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise ConfigError(
                f"{self._path}: cannot be written ({error.strerror}); make its folder writable for the server, or "
                "name another place with the setting keys_memory"
            ) from error


_MEND = "mend it, or delete it: recordings of sealed frames from before are then taken once more"


def _life(said: Mapping[str, object]) -> Life:
    return Life(_number(said["boot"], 32), _number(said["salt"], 24))


def _number(value: object, bits: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise ConfigError("a number is out of range")
    return value
