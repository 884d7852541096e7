"""What a board is told once: a JSON file that `cutpoint micropython` writes."""

import json

from cutpoint.tensor import BOOL, INT8, ITEM_BYTES

_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


class SettingsError(Exception):
    """A setting that cannot be used; says which, what was seen and what is expected. Never shows a password."""


class Settings:
    """`model`: id (4 bytes), operators N, inputs as (index, dtype, bytes, zero point)."""

    def __init__(
        self, id, broker, model, operators, inputs,
        port=0, user=None, password=None, tls=False, root="cutpoint/1", deadline_ms=1000, chunk=4096, keepalive=30,
        tables=None,
    ):  # fmt: skip
        _need(isinstance(id, str) and 0 < len(id) <= 32 and all(one in _ID_LETTERS for one in id),
              "id", "1 to 32 of a-z, 0-9 and -")  # fmt: skip
        _need(isinstance(broker, str) and broker, "broker", "the broker's host name or address")
        _need(isinstance(model, str) and len(model) == 8, "model", "8 hexadecimal digits")
        _need(isinstance(operators, int) and 0 < operators < 65536, "operators", "1 to 65535")
        _need(isinstance(deadline_ms, int) and 0 < deadline_ms <= 600000, "deadline_ms", "1 to 600000")
        _need(isinstance(chunk, int) and 192 <= chunk <= 65536, "chunk", "192 to 65536 bytes")
        _need(isinstance(port, int) and 0 <= port < 65536, "port", "1 to 65535, or 0 for the usual one")
        _need(isinstance(keepalive, int) and 0 < keepalive < 65536, "keepalive", "1 to 65535 s")
        _need(tables is None or (isinstance(tables, str) and tables), "tables", "the file of codec tables")
        _need(
            isinstance(inputs, (list, tuple)) and inputs, "inputs", "one entry for each input of the network"
        )
        for one in inputs:
            sound = len(one) == 4 and all(isinstance(field, int) for field in one)
            _need(sound and INT8 <= one[1] <= BOOL and one[2] > 0 and one[2] % ITEM_BYTES[one[1]] == 0,
                  "inputs", "[index, dtype, bytes, zero point]")  # fmt: skip
        try:
            self.model = bytes.fromhex(model)
        except ValueError:
            raise SettingsError("setting model: expected 8 hexadecimal digits")
        self.id = id
        self.broker = broker
        self.operators = operators
        self.inputs = inputs
        self.port = port
        self.user = user
        self.password = password
        self.tls = tls
        self.root = root
        self.deadline_ms = deadline_ms
        self.chunk = chunk
        self.keepalive = keepalive
        self.tables = tables

    @classmethod
    def load(cls, path="cutpoint.json"):
        """From the file."""
        try:
            with open(path) as file:
                return cls(**json.load(file))
        except OSError:
            raise SettingsError(f"no file {path}: write one with `cutpoint micropython`")
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{path} is no settings file: {error}")


def _need(sound, name, expected):
    if not sound:
        raise SettingsError(f"setting {name}: expected {expected}")


def count_boot(path="cutpoint.boot"):
    """The number of this boot, from 1, counted in a small file: a number never comes twice while the file lives."""
    try:
        with open(path) as file:
            boot = int(file.read()) + 1
    except (OSError, ValueError):
        boot = 1
    with open(path, "w") as file:
        file.write(str(boot))
    return boot
