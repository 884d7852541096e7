"""Many devices at once, for factory lines: one set of settings a row of a CSV file, or numbered ids."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cutpoint.errors import UsageError
from cutpoint.wire import DeviceId
from cutpoint.wire.ids import IdError
from host_tools.provision.settings import SCHEMA
from host_tools.provision.sources import Given, resolve

MOST_DEVICES = 100_000


@dataclass(frozen=True, slots=True)
class Order:
    """One device of a batch: its id, and what is given for it alone, the id included."""

    device: DeviceId
    given: tuple[Given, ...]


def from_csv(path: Path) -> list[Order]:
    """One device a row; the columns are settings, `id` among them. An empty cell leaves what all devices have.

    Raises:
        UsageError: the file cannot be read, a column is no setting, or an id is missing, wrong or there twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = list(reader.fieldnames or ())
            rows = [row for _, row in zip(range(MOST_DEVICES), reader, strict=False)]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error):
        # From None: the message may quote a cell, and a cell may be a password.
        raise UsageError(f"{path} is no CSV file in UTF-8") from None
    if "id" not in columns:
        raise UsageError(f"{path} has no column id; its first line names settings, id among them")
    unknown = [column for column in columns if column not in SCHEMA]
    if unknown:
        raise UsageError(f"{path}: there is no setting {unknown[0]!r}; cutpoint provision --list names all")
    orders = []
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise UsageError(f"{path}, line {number}: not as many cells as the first line has columns")
        origin = f"{path}, line {number}"
        given = tuple(resolve(key, text, origin, path.parent) for key, text in row.items() if text)
        orders.append(Order(_id(row["id"], origin), given))
    return _checked(orders, str(path))


def counted(name: str, count: int) -> list[Order]:
    """Devices NAME-0001 and on.

    Raises:
        UsageError: too many, or the name makes no id.
    """
    if not 1 <= count <= MOST_DEVICES:
        raise UsageError(f"--count is {count}; expected 1 to {MOST_DEVICES:,}")
    width = max(4, len(str(count)))
    ids = [_id(f"{name}-{number:0{width}}", "--name") for number in range(1, count + 1)]
    return [Order(one, (Given("id", str(one), "--count"),)) for one in ids]


def _id(text: str, origin: str) -> DeviceId:
    try:
        return DeviceId(text)
    except IdError as error:
        raise UsageError(f"{origin}: {error}") from None


def _checked(orders: Iterable[Order], origin: str) -> list[Order]:
    seen: set[DeviceId] = set()
    found = list(orders)
    for order in found:
        if order.device in seen:
            raise UsageError(f"{origin} has the id {order.device} twice")
        seen.add(order.device)
    if not found:
        raise UsageError(f"{origin} has no device")
    return found
