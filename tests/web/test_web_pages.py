"""The pages over a real socket: probes, the fleet, one device."""

from __future__ import annotations

import socket

import httpx
import pytest

from cutpoint.plan import NetworkShape, Planner
from cutpoint.wire import (
    About,
    CodecId,
    DeviceId,
    Flag,
    Note,
    Plan,
    Presence,
    Status,
    plan_parameters,
)
from edge_server.errors import ConfigError
from edge_server.events import AboutSeen, DeviceSeen, Dropped, NoteSeen
from edge_server.web.address import HttpAddress
from edge_server.web.fleet import Fleet
from edge_server.web.listener import WebListener
from edge_server.web.web import Web
from tests.web.conftest import MODEL, Clock, WrittenView, answered, audited, decided


def test_a_desk_that_turns_is_healthy_and_one_that_does_not_is_not(
    web: httpx.Client, view: WrittenView
) -> None:
    assert web.get("/healthz").status_code == 200
    view.idle = 7.5
    said = web.get("/healthz")
    assert said.status_code == 503
    assert "7.5 s" in said.json()["reason"]


def test_a_server_is_ready_when_nothing_is_missing(web: httpx.Client, view: WrittenView) -> None:
    assert web.get("/readyz").json() == {"ready": True, "missing": {}}
    view.gone = {"broker": "no connection"}
    said = web.get("/readyz")
    assert said.status_code == 503
    assert said.json() == {"ready": False, "missing": {"broker": "no connection"}}


def test_a_device_is_shown_with_its_plan_its_rate_and_its_residence(
    web: httpx.Client, view: WrittenView, clock: Clock
) -> None:
    fleet, device = view.fleet, DeviceId("cam-1")
    fleet(DeviceSeen(device, Presence.ONLINE, 7))
    fleet(decided(cut=9))
    for tenth in range(20):
        clock.now_s = 1000.0 + tenth / 10
        fleet(answered(edge_us=1000 * (tenth + 1)))
    fleet(answered(status=Status.TOO_LATE))
    fleet(Dropped(device, "too_late"))
    clock.now_s = 1003.5
    said = web.get("/api/fleet").json()
    assert said["matching"] == 1
    assert said["server"]["rate"] == pytest.approx(6.7)
    assert said["server"]["version"] == "1.2.3"
    assert said["server"]["states"] == {"online": 1}
    assert said["devices"] == [
        {
            "id": "cam-1",
            "state": "online",
            "boot": 7,
            "model": MODEL.hex,
            "name": "fomo",
            "cut": 9,
            "codec": "raw",
            "deadline_ms": 250,
            "reason": "cut 9 is best",
            "exploration": False,
            "rate": 6.7,
            "p50_ms": 10.0,
            "p99_ms": 20.0,
            "answered": 20,
            "partial": 0,
            "refused": 1,
            "drops": 1,
            "drift": None,
            "seen_s": 1.6,
            "note": "",
        }
    ]


def test_what_is_not_known_of_a_device_is_null_and_not_zero(web: httpx.Client, view: WrittenView) -> None:
    view.fleet(Dropped(DeviceId("cam-1"), "bad_frame_crc"))
    (row,) = web.get("/api/fleet").json()["devices"]
    unknown = {name for name, value in row.items() if value is None}
    assert unknown == {
        "model",
        "name",
        "cut",
        "codec",
        "deadline_ms",
        "reason",
        "exploration",
        "p50_ms",
        "p99_ms",
        "drift",
    }
    assert row["state"] == "unknown"


def _three(view: WrittenView) -> None:
    for name, count, edge_us in (("p", 3, 500), ("q", 9, 100), ("r", 6, 900)):
        for _ in range(count):
            view.fleet(answered(name, edge_us=edge_us))
    view.fleet(Dropped(DeviceId("p"), "too_late"))
    view.fleet(DeviceSeen(DeviceId("r"), Presence.LOST, 1))


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", "pqr"),
        ("sort=rate", "qrp"),
        ("sort=p99", "rpq"),
        ("sort=drops", "pqr"),
        ("sort=rate&limit=2", "qr"),
        ("limit=0", ""),
        ("state=lost", "r"),
        ("match=q", "q"),
        ("match=lost", "r"),
        ("state=online", ""),
    ],
)
def test_the_fleet_is_sorted_filtered_and_cut(
    web: httpx.Client, view: WrittenView, clock: Clock, query: str, ids: str
) -> None:
    _three(view)
    clock.now_s += 2
    said = web.get(f"/api/fleet?{query}").json()
    assert "".join(row["id"] for row in said["devices"]) == ids


@pytest.mark.parametrize("query", ["limit=1001", "limit=-1", "limit=x", "sort=size", f"match={'x' * 65}"])
def test_a_query_out_of_bounds_is_refused(web: httpx.Client, query: str) -> None:
    assert web.get(f"/api/fleet?{query}").status_code == 422


def test_ten_thousand_devices_come_in_pages(web: httpx.Client, view: WrittenView) -> None:
    for number in range(10_000):
        view.fleet(answered(f"cam-{number:05}", edge_us=number))
    said = web.get("/api/fleet?sort=p99&limit=1000").json()
    assert said["matching"] == 10_000
    assert [row["id"] for row in said["devices"]] == [f"cam-{n:05}" for n in range(9_999, 8_999, -1)]


def test_words_of_a_device_are_shown_as_text_and_cut_short(web: httpx.Client, view: WrittenView) -> None:
    device = DeviceId("cam-1")
    view.fleet(AboutSeen(device, About(model=MODEL.hex, operators=3, boot=1, safe_mode=True)))
    view.fleet(NoteSeen(device, Note(note="model", text='two\nlines "\u2028' + "x" * 400)))
    (row,) = web.get("/api/fleet").json()["devices"]
    assert row["note"].startswith('safe mode; model: two\nlines "\u2028xxx')
    assert len(row["note"]) < 150


def test_one_device_in_full_has_the_cost_table_of_its_planner(web: httpx.Client, view: WrittenView) -> None:
    shape = NetworkShape(macs=(1000, 2000), cut_bytes=(100, 50, 10), input_is_picture=False)
    view.table = Planner(shape, seed=0).explain()
    view.fleet(answered())
    said = web.get("/api/device/cam-1").json()
    assert said["device"]["id"] == "cam-1"
    assert [(row["cut"], row["codec"]) for row in said["costs"]] == [(0, "raw"), (1, "raw"), (2, "raw")]
    assert said["costs"][1]["bytes_up"] > 50
    assert said["costs"][1]["energy_uj"] is None


def test_a_desk_without_time_leaves_out_the_costs(web: httpx.Client, view: WrittenView) -> None:
    view.desk_answers = False
    view.fleet(answered())
    said = web.get("/api/device/cam-1").json()
    assert said["device"]["answered"] == 1
    assert said["costs"] is None


def test_a_device_that_nobody_heard_of_is_not_found(web: httpx.Client) -> None:
    said = web.get("/api/device/cam-9")
    assert said.status_code == 404
    assert "cam-9" in said.json()["detail"]
    assert web.get("/api/device/Cam%209").status_code == 422


def test_a_plan_that_no_event_told_of_is_shown(web: httpx.Client, view: WrittenView) -> None:
    view.fleet(answered("cam-1"))
    view.plans["cam-1"] = Plan(MODEL, 9, 7, CodecId.BITMAP, Flag(0), 400)
    (row,) = web.get("/api/fleet?match=bitmap").json()["devices"]
    assert (row["cut"], row["codec"], row["deadline_ms"], row["reason"]) == (7, "bitmap", 400, None)


def test_models_on_offer_are_listed(web: httpx.Client) -> None:
    said = web.get("/api/models").json()
    assert said["models"] == {MODEL.hex: "fomo"}
    assert [one["devices"] for one in said["catalogue"]] == [4]
    assert said["rollouts"] == []


@pytest.mark.parametrize(
    "path", ["/metrics", "/healthz", "/readyz", "/api/fleet", "/api/device/cam-1", "/api/models"]
)
def test_no_page_takes_anything(web: httpx.Client, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert web.request(method, path, content=b"x" * 100).status_code == 405


def test_a_forgotten_device_makes_room_and_leaves_the_states(clock: Clock) -> None:
    fleet = Fleet(2, clock)
    for name in ("a", "b", "a", "c"):
        fleet(DeviceSeen(DeviceId(name), Presence.ONLINE, 1))
    assert [str(figures.device) for figures in fleet.devices()] == ["a", "c"]
    assert fleet.states[Presence.ONLINE] == 2


def test_a_taken_port_is_one_sentence_with_the_mend() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"http 127.0.0.1:{port}: cannot listen.*in use.*port 0"):
            WebListener(HttpAddress("127.0.0.1", port))


def test_a_foreign_address_is_said() -> None:
    with pytest.raises(ConfigError, match=r"192\.0\.2\.1:8080"):
        WebListener(HttpAddress("192.0.2.1", 8080))


@pytest.mark.parametrize(("address", "lines"), [("127.0.0.1:0", 0), ("0.0.0.0:0", 1)])
def test_pages_that_others_can_reach_are_warned_of(
    view: WrittenView, caplog: pytest.LogCaptureFixture, address: str, lines: int
) -> None:
    web = Web(HttpAddress.of(address), 10)
    web.start(view)
    assert httpx.get(f"http://127.0.0.1:{web.address.port}/healthz").status_code == 200
    assert web.stop()
    assert sum("event=web_open" in record.getMessage() for record in caplog.records) == lines


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("127.0.0.1:1", True),
        ("[::1]:1", True),
        ("localhost:1", True),
        ("0.0.0.0:1", False),
        ("edge:1", False),
    ],
)
def test_loopback_is_known(text: str, loopback: bool) -> None:
    assert HttpAddress.of(text).loopback is loopback


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65535)],
)
def test_an_address_is_read_and_printed_as_written(text: str, host: str, port: int) -> None:
    address = HttpAddress.of(text)
    assert (address.host, address.port) == (host, port)
    assert str(address) == text


@pytest.mark.parametrize(
    "text", ["", "8080", ":8080", "host", "host:", "host:x", "host:70000", "::1:80", "[]:80", "h:-1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1:8080"):
        HttpAddress.of(text)


def test_a_device_is_shown_with_its_setting_and_the_drift_of_it(web: httpx.Client, view: WrittenView) -> None:
    view.fleet(decided("cam-1", codec=CodecId.RANS, setting=12))
    view.fleet(audited("cam-1", drift=1.234))
    (row,) = web.get("/api/fleet?match=rans:12").json()["devices"]
    assert (row["codec"], row["drift"]) == ("rans:12", 1.23)
    view.plans["cam-1"] = Plan(MODEL, 1, 4, CodecId.DELTA, Flag(0), 100, plan_parameters(7, 0xABCD))
    (row,) = web.get("/api/fleet").json()["devices"]
    assert row["codec"] == "delta:7"
