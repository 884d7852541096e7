"""One screen: the server in three lines, and as many devices as fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from host_tools.top.fetch import Fleet

HEAD_LINES = 4
"""Lines of a screen that are no devices: two of the server, one empty, one of headings."""
STATE_STYLE = {"online": "green", "sleeping": "cyan", "lost": "red", "unknown": "dim"}
_SLOW_MS = 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen is drawn from. `trouble` is said when the server is gone; the fleet is then what it said last."""

    address: str
    fleet: Fleet | None
    trouble: str = ""
    silent_s: float = 0.0


def rows_that_fit(height: int) -> int:
    """Devices that a terminal of this many lines has room for, at least one."""
    return max(1, height - HEAD_LINES - 1)


def screen(shown: Shown, *, width: int, height: int) -> RenderableType:
    """Draw it: no line is longer than `width`, and there are at most `height`."""
    lines: list[RenderableType] = [_line(_title(shown), width)]
    if shown.fleet is None:
        return Group(*lines)
    lines += [_line(_server(shown.fleet), width), Text("")]
    devices = shown.fleet.devices[: rows_that_fit(height)]
    lines.append(_table(devices, width))
    return Group(*lines)


def _title(shown: Shown) -> Text:
    text = Text.assemble(("cutpoint top", "bold"), f"  {printable(shown.address)}")
    if shown.trouble:
        what = printable(shown.trouble.removeprefix(f"{shown.address} "))
        ago = f", last heard {shown.silent_s:.0f} s ago" if shown.fleet is not None else ""
        return text.append(f"  trying again{ago}: {what}", "bold red")
    if shown.fleet is None:
        return text
    server = shown.fleet.server
    text.append(f"  {printable(server.get('version', ''))}  up {duration(server.get('uptime_s'))}")
    models = server.get("models")
    if isinstance(models, dict):
        text.append(f"  {', '.join(printable(name) for name in models.values())}", "dim")
    missing = server.get("missing")
    if isinstance(missing, dict) and missing:
        text.append(f"  not ready: {', '.join(printable(name) for name in missing)}", "bold red")
    return text


def _server(fleet: Fleet) -> Text:
    server = fleet.server
    parts = [f"{number(server.get('rate'), 1)} req/s"]
    states = server.get("states")
    if isinstance(states, dict):
        said = " ".join(f"{printable(state)} {number(count)}" for state, count in sorted(states.items()))
        parts.append(f"devices {number(server.get('devices'))}{f' ({said})' if said else ''}")
    for key, words in (("inbox", "inbox"), ("queue", "queue"), ("tails", "tails")):
        if key in server:
            parts.append(f"{words} {number(server[key])}")
    if isinstance(server.get("tails_bytes"), int):
        parts[-1] += f" ({server['tails_bytes'] / 2**20:.1f} MB)"
    if "load_price" in server:
        parts.append(f"load {number(server.get('load'), 2)} at price {number(server['load_price'], 2)}")
    if fleet.matching > len(fleet.devices):
        parts.append(f"{len(fleet.devices)} of {number(fleet.matching)} shown")
    return Text("   ".join(parts))


def _table(devices: tuple[dict[str, Any], ...], width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, width=width, header_style="bold dim")
    table.add_column("device", no_wrap=True, overflow="ellipsis", min_width=8, max_width=max(8, width // 4))
    table.add_column("state", no_wrap=True)
    for heading in ("cut", "codec", "rate", "p50 ms", "p99 ms", "drops", "seen"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "codec" else "right")
    table.add_column("note", no_wrap=True, overflow="ellipsis", ratio=1)
    for device in devices:
        table.add_row(*_cells(device))
    return table


def _cells(device: dict[str, Any]) -> list[Text]:
    state = printable(device.get("state", ""))
    drops, p99 = device.get("drops"), device.get("p99_ms")
    return [
        Text(printable(device.get("id", ""))),
        Text(state, STATE_STYLE.get(state, "")),
        Text(number(device.get("cut"))),
        Text(printable(device.get("codec") or "-")),
        Text(number(device.get("rate"), 1)),
        Text(number(device.get("p50_ms"), 1)),
        Text(number(p99, 1), "yellow" if isinstance(p99, int | float) and p99 >= _SLOW_MS else ""),
        Text(number(drops), "red" if drops else "dim"),
        Text(duration(device.get("seen_s"))),
        Text(printable(device.get("note") or device.get("reason") or ""), "dim"),
    ]


def printable(value: object) -> str:
    """Text without control characters: much of it was written by devices."""
    text = str(value)
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


def number(value: object, digits: int = 0) -> str:
    """A figure with thousands apart; a dash for what is not known."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "-"
    return f"{value:,.{digits}f}"


def duration(seconds: object) -> str:
    """`3 s`, `4 min`, `2 h`, `5 d`; a dash for what is not known."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return "-"
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _line(text: Text, width: int) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    text.truncate(width, overflow="ellipsis")
    return text
