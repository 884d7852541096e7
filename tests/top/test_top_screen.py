"""What `cutpoint top` draws: it fits the terminal, and shows what is known and no more."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from host_tools.top import Fleet, Shown, rows_that_fit, screen
from host_tools.top.screen import duration, number

SERVER: dict[str, Any] = {
    "version": "1.2.3",
    "uptime_s": 7300.0,
    "models": {"0badcafe": "fomo"},
    "rate": 1234.56,
    "devices": 3,
    "states": {"online": 2, "lost": 1},
    "inbox": 4,
    "queue": 6,
    "tails": 5,
    "tails_bytes": 3 << 20,
    "load": 0.84,
    "load_price": 1.25,
}


def device(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "state": "online",
        "cut": 16,
        "codec": "bitmap",
        "rate": 12.3,
        "p50_ms": 1.25,
        "p99_ms": 8.5,
        "drops": 0,
        "seen_s": 0.4,
        "note": "",
        "reason": "cut 16 bitmap is best",
    } | changes


def drawn(shown: Shown, width: int = 100, height: int = 24) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=False)
    console.print(screen(shown, width=width, height=height))
    return out.getvalue().splitlines()


def test_a_screen_shows_the_server_and_each_device() -> None:
    devices = (device("cam-1"), device("cam-2", state="lost", note="safe mode", drops=1200, seen_s=200))
    lines = drawn(Shown("http://127.0.0.1:8080", Fleet(SERVER, devices, 3)), width=132)
    assert "http://127.0.0.1:8080" in lines[0]
    assert "up 2 h" in lines[0]
    assert "fomo" in lines[0]
    assert lines[1].startswith(
        "1,234.6 req/s   devices 3 (lost 1 online 2)   inbox 4   queue 6   tails 5 (3.0 MB)   load 0.84 at price 1.25"
    )
    assert lines[1].endswith("2 of 3 shown")
    assert " ".join(lines[3].split()) == "device state cut codec rate p50 ms p99 ms drops seen note"
    assert " ".join(lines[4].split()) == "cam-1 online 16 bitmap 12.3 1.2 8.5 0 0 s cut 16 bitmap is best"
    assert " ".join(lines[5].split()) == "cam-2 lost 16 bitmap 12.3 1.2 8.5 1,200 3 min safe mode"


def test_what_is_not_known_is_a_dash() -> None:
    (row,) = drawn(Shown("x", Fleet({}, ({"id": "cam-1", "state": "unknown", "drops": 0},), 1)))[4:]
    assert row.split() == ["cam-1", "unknown", "-", "-", "-", "-", "-", "0", "-"]


@pytest.mark.parametrize("height", [1, 5, 6, 24, 50])
@pytest.mark.parametrize("width", [60, 80, 132])
def test_a_screen_fits_the_terminal(width: int, height: int) -> None:
    rng = random.Random(width * height)
    devices = tuple(
        device(
            "camera-in-the-far-corner-of-the-hall-" + "x" * rng.randrange(27),
            note="n" * rng.randrange(200),
            p99_ms=rng.random() * 1e5,
            drops=rng.randrange(10**6),
        )
        for _ in range(200)
    )
    shown = Shown("http://a.very.long.name.of.a.server.example.org:8080", Fleet(SERVER, devices, 200))
    lines = drawn(shown, width, height)
    assert max(map(len, lines)) <= width
    assert len(lines) == 4 + min(200, rows_that_fit(height))
    if height > 5:
        assert len(lines) < height


def test_a_server_that_is_gone_is_said_beside_what_it_said_last() -> None:
    fleet = Fleet(SERVER, (device("cam-1"),), 1)
    lines = drawn(Shown("http://h:1", fleet, "http://h:1 cannot be reached: refused", 12.0), width=150)
    assert "trying again, last heard 12 s ago: cannot be reached: refused" in lines[0]
    assert "cam-1" in lines[4]
    (only,) = drawn(Shown("http://h:1", None, "http://h:1 cannot be reached: refused"), width=150)
    assert "trying again: cannot be reached: refused" in only


def test_what_keeps_a_server_from_serving_is_in_the_first_line() -> None:
    fleet = Fleet(SERVER | {"missing": {"broker": "no connection"}}, (), 0)
    assert "not ready: broker" in drawn(Shown("http://h:1", fleet))[0]


@given(st.text(), st.text())
def test_no_word_of_a_device_moves_the_cursor(note: str, codec: str) -> None:
    lines = drawn(Shown("x", Fleet(SERVER, (device("cam-1", note=note, codec=codec),), 1)))
    assert len(lines) == 5
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172800, "2 d"), (None, "-"), (True, "-")],
)
def test_durations_are_said_in_one_unit(value: object, text: str) -> None:
    assert duration(value) == text


def test_numbers_have_thousands_apart() -> None:
    assert (number(1234567), number(1.25, 1), number("x")) == ("1,234,567", "1.2", "-")
