"""docs/server.md against the server: every setting, counter, log line and event, and its examples."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import edge_server
from edge_server import ServeConfig
from edge_server.config import Currents
from edge_server.events import Event
from edge_server.planning.planners import energy_model

PAGE = (Path(__file__).parents[2] / "docs" / "server.md").read_text(encoding="utf-8")
PATHS = sorted(Path(edge_server.__file__).parent.rglob("*.py"))
SOURCES = [path.read_text(encoding="utf-8") for path in PATHS]
NAMED = set(re.findall(r"`([A-Za-z_]+)`", PAGE))


def _counted() -> Iterator[str]:
    """Names that the server counts by, as its source has them."""
    for node in (node for source in SOURCES for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in {"count", "note", "drop", "_drop", "_refuse"}:
                for argument in node.args:
                    yield from (
                        constant.value
                        for constant in ast.walk(argument)
                        if isinstance(constant, ast.Constant)
                        and isinstance(constant.value, str)
                        and re.fullmatch("[a-z]+(_[a-z]+)*", constant.value)
                    )
        elif isinstance(node, ast.keyword) and node.arg == "reason" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr in {"drops", "_drops", "counts", "_counts"}
        ):
            gate = "gateway_" if node.value.attr == "_drops" else ""
            yield f"{gate}{node.slice.value}"


@pytest.mark.parametrize("name", [*ServeConfig.model_fields, *Currents.model_fields])
def test_every_setting_is_on_the_page(name: str) -> None:
    assert name in NAMED or re.search(rf"^{name} = ", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(set(_counted())))
def test_every_counter_is_on_the_page(name: str) -> None:
    assert name in NAMED


def _logged() -> Iterator[str]:
    """Names of log lines, as the server's source has them."""
    for node in (node for source in SOURCES for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "log_event":
            event = node.args[2]
            if isinstance(event, ast.Constant):
                yield str(event.value)


@pytest.mark.parametrize("name", sorted(set(_logged())))
def test_every_log_line_is_on_the_page(name: str) -> None:
    assert name in NAMED


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_every_line_is_logged_by_its_name_and_fields(path: Path) -> None:
    """A line that is a text of its own would have no fields as JSON, and would let a device break it."""
    calls = (
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    )
    own = [
        f"{path.name}:{call.lineno}: use log_event(log, level, NAME, field=value)"
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "log"
        and call.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
    ]
    assert not own, "\n".join(own)


@pytest.mark.parametrize("event", get_args(Event))
def test_every_event_is_on_the_page(event: type) -> None:
    assert event.__name__ in NAMED


@pytest.mark.parametrize(
    ("name", "default"), re.findall(r"^\| `([a-z_]+)` \| `?([a-z0-9./]+)`? \|", PAGE, re.MULTILINE)
)
def test_a_stated_default_is_the_servers(name: str, default: str) -> None:
    field = ServeConfig.model_fields[name]
    stated = {"none": None, "planned": None, "false": False}.get(default, default)
    if field.is_required():
        assert stated is None
    elif isinstance(stated, str) and not isinstance(field.default, str):
        assert float(stated) == field.default
    else:
        assert field.default == stated


def test_the_file_on_the_page_is_taken_and_gives_the_energy_policy_its_currents(tmp_path: Path) -> None:
    text = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    path = tmp_path / "server.toml"
    path.write_text(text)
    config = ServeConfig.from_toml(path)
    assert config.models == (tmp_path / "bundles",)
    assert energy_model(config) is not None


def test_the_models_are_all_that_a_config_needs() -> None:
    assert ServeConfig(models=(Path("bundles"),)).policy == "latency"
