"""What Prometheus reads: parsed by its own parser, and compared with what happened."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

import edge_server
from cutpoint.wire import CodecId, DeviceId, Presence
from edge_server.events import DeviceSeen
from edge_server.web.drops import is_drop
from edge_server.web.fleet import MOST_DECISIONS, STAGES, Fleet
from edge_server.web.metrics import MOST_EVENTS, registry_of
from tests.web.conftest import MODEL, Clock, WrittenView, answered, audited, decided

SOURCES = [path.read_text(encoding="utf-8") for path in Path(edge_server.__file__).parent.rglob("*.py")]
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by name and the values of its labels, in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in plain_text(text)
        for sample in family.samples
    }


def test_counters_come_as_events_answers_and_drops(web: httpx.Client, view: WrittenView) -> None:
    view.counters |= {
        "answered_ok": 7,
        "answered_overloaded": 2,
        "acknowledged": 3,
        "too_late": 4,
        "births": 1,
    }
    seen = samples(web.get("/metrics").text)
    assert seen["cutpoint_events_total", "births"] == 1
    assert seen["cutpoint_answers_total", "ok"] == 7
    assert seen["cutpoint_answers_total", "overloaded"] == 2
    assert seen["cutpoint_answers_total", "acknowledged"] == 3
    assert seen["cutpoint_drops_total", "too_late"] == 4
    assert ("cutpoint_drops_total", "births") not in seen


def test_the_residence_comes_in_seconds_with_every_bucket(web: httpx.Client, view: WrittenView) -> None:
    for edge_us in (40, 900, 1_500, 20_000_000):
        view.fleet(answered(edge_us=edge_us))
    seen = samples(web.get("/metrics").text)
    buckets = {
        key[1]: value for key, value in seen.items() if key[::2] == ("cutpoint_stage_seconds_bucket", "total")
    }
    assert buckets["5e-05"] == 1
    assert buckets["0.001"] == 2
    assert buckets["0.002"] == 3
    assert buckets["10.0"] == 3
    assert buckets["+Inf"] == seen["cutpoint_stage_seconds_count", "total"] == 4
    assert seen["cutpoint_stage_seconds_sum", "total"] == pytest.approx(20.00244)


def test_decisions_are_counted_by_model_cut_and_codec(web: httpx.Client, view: WrittenView) -> None:
    view.fleet(decided(cut=4))
    view.fleet(decided(cut=4))
    view.fleet(decided(cut=9, codec=CodecId.BITMAP))
    seen = samples(web.get("/metrics").text)
    assert seen["cutpoint_decisions_total", "raw", "4", MODEL.hex] == 2
    assert seen["cutpoint_decisions_total", "bitmap", "9", MODEL.hex] == 1


def test_devices_are_counted_by_state_and_never_named(web: httpx.Client, view: WrittenView) -> None:
    for number in range(5):
        view.fleet(answered(f"camera-{number}"))
    view.fleet(DeviceSeen(DeviceId("camera-0"), Presence.ONLINE, 1))
    text = web.get("/metrics").text
    seen = samples(text)
    assert seen["cutpoint_devices", "unknown"] == 4
    assert seen["cutpoint_devices", "online"] == 1
    assert "camera-" not in text


def test_readiness_and_the_process_are_metrics_too(web: httpx.Client, view: WrittenView) -> None:
    view.gone = {"broker": "no connection"}
    seen = samples(web.get("/metrics").text)
    assert seen["cutpoint_ready",] == 0
    assert seen["cutpoint_queue_depth", "inbox"] == 3
    assert seen["cutpoint_queue_depth", "jobs"] == 5
    assert seen["cutpoint_load_price_ratio",] == 1.5
    assert seen["cutpoint_load_wait_seconds",] == 0.00025
    assert seen["process_resident_memory_bytes",] > 1e6


@pytest.mark.parametrize(
    ("accept", "kind", "parse"),
    [
        ("*/*", "text/plain", plain_text),
        (OPEN_METRICS, "application/openmetrics-text", open_metrics),
    ],
)
def test_both_formats_are_spoken_and_read_by_prometheus_own_parser(
    web: httpx.Client, view: WrittenView, accept: str, kind: str, parse: object
) -> None:
    view.counters["answered_ok"] = 1
    view.fleet(answered())
    said = web.get("/metrics", headers={"accept": accept})
    assert said.headers["content-type"].startswith(kind)
    families = {family.name for family in parse(said.text)}  # type: ignore[operator]
    assert {"cutpoint_stage_seconds", "cutpoint_events", "cutpoint_drops"} <= families


def test_labels_stay_few_whatever_devices_do(clock: Clock) -> None:
    fleet = Fleet(10, clock)
    view = WrittenView(fleet, {f"counter_{number}": 1 for number in range(2 * MOST_EVENTS)})
    for cut in range(MOST_DECISIONS + 50):
        fleet(decided(cut=cut))
    families = {family.name: family for family in registry_of(view).collect()}
    assert len(families["cutpoint_events"].samples) == MOST_EVENTS
    decisions = families["cutpoint_decisions"].samples
    assert len(decisions) == MOST_DECISIONS + 1
    assert {sample.value for sample in decisions if sample.labels["cut"] == "other"} == {50}


def test_two_servers_in_one_process_do_not_mix(clock: Clock) -> None:
    views = [WrittenView(Fleet(10, clock), {"births": count}) for count in (1, 2)]
    values = [
        registry_of(view).get_sample_value("cutpoint_events_total", {"event": "births"}) for view in views
    ]
    assert values == [1, 2]


def test_names_follow_the_conventions_of_prometheus(clock: Clock) -> None:
    view = WrittenView(Fleet(10, clock), {"births": 1})
    for family in registry_of(view).collect():
        assert re.fullmatch(r"(cutpoint|process)_[a-z_]+", family.name)
        assert family.documentation
        assert not re.search(r"_(us|ms|mb|kb|count|percent)$", family.name)


def _reasons() -> Iterator[str]:
    """Reasons for which the server drops or refuses, as its source names them."""
    calls = [
        node
        for source in SOURCES
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    ]
    named = [
        argument
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"drop", "_drop", "_refuse"}
        for argument in call.args
    ]
    named += [
        keyword.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Verdict"
        for keyword in call.keywords
        if keyword.arg == "reason"
    ]
    for constant in (part for argument in named for part in ast.walk(argument)):
        if isinstance(constant, ast.Constant) and re.fullmatch("[a-z]+(_[a-z]+)*_?", str(constant.value)):
            yield str(constant.value)


@pytest.mark.parametrize("reason", sorted(set(_reasons())))
def test_every_reason_for_which_something_is_dropped_is_shown_as_one(reason: str) -> None:
    assert is_drop(reason)


def test_stages_are_those_of_the_page() -> None:
    assert STAGES == ("inbox", "decode", "queue", "compute", "reply")


def test_plans_are_counted_by_codec_and_setting_in_one_word(web: httpx.Client, view: WrittenView) -> None:
    view.fleet(decided(codec=CodecId.RANS, setting=12))
    view.fleet(decided(codec=CodecId.RANS, setting=3))
    view.fleet(decided())
    seen = samples(web.get("/metrics").text)
    plans = {key[1]: value for key, value in seen.items() if key[0] == "cutpoint_decisions_total"}
    assert plans == {"rans:12": 1, "rans:3": 1, "raw": 1}


def test_audits_show_agreement_and_drift_over_all_devices(web: httpx.Client, view: WrittenView) -> None:
    view.fleet(audited("cam-1", 1, 2))
    view.fleet(audited("cam-2", 2, 2))
    seen = samples(web.get("/metrics").text)
    of = ("rans:12", "4", MODEL.hex)
    assert seen["cutpoint_audits_total", *of] == 2
    assert seen["cutpoint_agreement_ratio", *of] == pytest.approx(0.75)
    assert seen["cutpoint_drift_points", *of] == pytest.approx(22)


def test_audits_in_which_nothing_was_found_are_counted_and_say_nothing(
    web: httpx.Client, view: WrittenView
) -> None:
    view.fleet(audited(part=0, whole=0))
    seen = samples(web.get("/metrics").text)
    assert seen["cutpoint_audits_total", "rans:12", "4", MODEL.hex] == 1
    assert not [key for key in seen if key[0] in ("cutpoint_agreement_ratio", "cutpoint_drift_points")]
