"""docs/operating.md against the code: every metric, page and label, and the queries of its alerts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client.core import Metric

from cutpoint.wire import DeviceId, Presence
from edge_server.config import ServeConfig
from edge_server.events import DeviceSeen
from edge_server.web.app import STUCK_S, make_app
from edge_server.web.connection import ANSWER_S, MOST_CONNECTIONS, REQUEST_S
from edge_server.web.fleet import Fleet
from edge_server.web.metrics import registry_of
from tests.web.conftest import Clock, WrittenView, answered, audited, decided

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana-dashboard.json"
PAGE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Metrics")[2].partition("\n## ")[0]
ALERTS = PAGE.partition("## Alerts")[2].partition("\n## ")[0]


@pytest.fixture
def busy(clock: Clock) -> WrittenView:
    """A server of which every metric has a value."""
    view = WrittenView(Fleet(10, clock), {"answered_ok": 1, "too_late": 1})
    view.fleet(DeviceSeen(DeviceId("cam-1"), Presence.ONLINE, 1))
    view.fleet(decided())
    view.fleet(answered(batch=1))
    view.fleet(audited())
    return view


def shown(view: WrittenView) -> dict[str, Metric]:
    """Metrics by the name that queries have for them."""
    return {
        f"{metric.name}_total" if metric.type == "counter" else metric.name: metric
        for metric in registry_of(view).collect()
    }


def test_the_page_has_every_metric_and_no_other(busy: WrittenView) -> None:
    assert set(re.findall(r"`((?:cutpoint|process)_[a-z_]+)`", TABLE)) == set(shown(busy))


def test_the_page_has_the_labels_of_each_metric(busy: WrittenView) -> None:
    metrics = shown(busy)
    for names, labels in re.findall(r"^\| (`.*?) \| (.*?) \|", TABLE, re.MULTILINE):
        stated = set(re.findall("`([a-z]+)`", labels))
        for name in re.findall("`([a-z_]+)`", names):
            seen = {label for sample in metrics[name].samples for label in sample.labels} - {"le"}
            assert seen == stated, name


def test_alerts_ask_for_metrics_that_exist(busy: WrittenView) -> None:
    metrics = shown(busy)
    names = {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\bcutpoint_[a-z_]+", ALERTS)}
    assert names
    assert names <= set(metrics)


def test_alerts_ask_for_values_of_labels_that_exist(busy: WrittenView) -> None:
    stages = {sample.labels["stage"] for sample in shown(busy)["cutpoint_stage_seconds"].samples}
    assert set(re.findall(r'stage="(\w+)"', ALERTS)) <= stages
    assert set(re.findall(r'state="(\w+)"', ALERTS)) <= {state.value for state in Presence}


def test_the_dashboard_asks_for_metrics_and_labels_that_exist(busy: WrittenView) -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    metrics = shown(busy)
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) > 10
    for expression in expressions:
        for name, labels in re.findall(r"\b((?:cutpoint|process)_[a-z_]+)\{([^}]*)\}", expression):
            metric = metrics[re.sub("_(bucket|sum|count)$", "", name)]
            known = {label for sample in metric.samples for label in sample.labels} | {"instance"}
            assert set(re.findall(r"(\w+)(?:=|!=|=~|!~)\"", labels)) <= known
            for grouped in re.findall(r"by \(([^)]*)\)", expression):
                assert set(re.split(", *", grouped)) <= known
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)


def test_the_page_has_every_path(busy: WrittenView) -> None:
    paths = {route.path.replace("{id}", "ID") for route in make_app(busy).routes}  # type: ignore[attr-defined]
    stated = set(re.findall(r"^\| `(/[\w/]*)` \|", PAGE, re.MULTILINE))
    assert stated == paths - {"/api/openapi.json"}


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    assert (
        f"{REQUEST_S:g} s to send a\nrequest, {ANSWER_S:g} s to read the answer, {MOST_CONNECTIONS} connections"
        in PAGE
    )
    assert f"has not for {STUCK_S:g} s" in PAGE


def test_the_settings_file_of_the_page_is_taken(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "server.toml"
    path.write_text(text)
    config = ServeConfig.from_toml(path)
    assert str(config.http) == "127.0.0.1:8080"
    assert config.log_format == "json"
