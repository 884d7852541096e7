"""The pytest plugin of hardware in the loop: options, the stand as a fixture, skips with reasons, the report.

Loaded by a `conftest.py` (`pytest_plugins = ["host_tools.hil.plugin"]`), not by every pytest run of a machine: its
options have everyday names, some of which pytest-embedded shares.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cutpoint.errors import UsageError
from cutpoint.graph import Bundle
from host_tools.hil.broker import HilBroker
from host_tools.hil.make import PATIENCE, PROVES, default_bundle, make_target
from host_tools.hil.options import TARGETS, HilOptions, add_options, read_options
from host_tools.hil.power import PowerMeter
from host_tools.hil.report import Report
from host_tools.hil.stand import Stand
from host_tools.hil.target import Ability

BOARD_TIMEOUT_S = 1800
"""Of one body on an emulator or a board, instead of the project's own limit."""
_report = pytest.StashKey[Report]()

Need = Callable[[Ability], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser.getgroup("hil", "hardware in the loop (docs/hil.md)"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "hil_body: held against the device of --target")
    config.stash[_report] = Report()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bodies get a board's time limit; those that are no bodies keep theirs."""
    if (config.getoption("target") or "host") == "host":
        return
    for item in items:
        if "stand" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(BOARD_TIMEOUT_S))
            item.add_marker(pytest.mark.hil)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if "stand" in getattr(item, "fixturenames", ()) and (report.when == "call" or report.outcome != "passed"):
        item.config.stash[_report].outcomes[item.name] = report.outcome
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("hil_report")
    if path is not None and session.config.stash[_report].target:
        session.config.stash[_report].write(Path(path))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    report = config.stash[_report]
    if report.target:
        terminalreporter.write_line(
            f"hil: target {report.target} ({report.proves}), device {report.device}, {report.bundle}, "
            f"compared with {report.kernels} kernels"
        )


@pytest.fixture(scope="session")
def hil_options(request: pytest.FixtureRequest) -> HilOptions:
    """What the command line says. Wrong use ends the session instead of failing every body."""
    try:
        return read_options(request.config)
    except UsageError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(scope="session")
def session_stand(
    request: pytest.FixtureRequest, hil_options: HilOptions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stand]:
    """Broker, powered device and edge, once for the session."""
    folder = tmp_path_factory.mktemp("hil")
    with ExitStack() as stack:
        bundle = Bundle.open(hil_options.bundle or default_bundle())
        broker = HilBroker(*(hil_options.broker or ("127.0.0.1", 0)))
        stack.callback(broker.close)
        broker.start()
        target = make_target(hil_options, broker, bundle, folder)
        stack.callback(target.close)
        stand = Stand(
            target,
            broker,
            bundle,
            root=hil_options.root,
            device=hil_options.device,
            patience=PATIENCE[hil_options.target],
        )
        stack.callback(stand.close)
        report = request.config.stash[_report]
        report.target, report.device = hil_options.target, stand.device
        report.about, report.bundle = stand.edge.about_fields, bundle.name
        report.kernels, report.proves = stand.truth.kernels, PROVES[hil_options.target]
        yield stand


@pytest.fixture
def stand(session_stand: Stand) -> Stand:
    """The stand in a known state: device online, following a plan of ours, answered by the edge."""
    session_stand.ready()
    return session_stand


@pytest.fixture
def need(stand: Stand) -> Need:
    """`need(Ability.X)` skips the body on a target that lacks it, with the target's own reason."""

    def check(ability: Ability) -> None:
        reason = stand.need(ability)
        if reason is not None:
            pytest.skip(f"--target {stand.target.kind} lacks {ability.value}: {reason}")

    return check


@pytest.fixture(scope="session")
def power(hil_options: HilOptions) -> Iterator[PowerMeter]:
    """The power profiler; skips without one."""
    if hil_options.power is None:
        pytest.skip("no power profiler: name the port of a Nordic PPK2 with --power")
    with PowerMeter(
        hil_options.power, millivolts=hil_options.power_mv, source=hil_options.power_source
    ) as meter:
        yield meter


@pytest.fixture
def figure(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Callable[[str, object], None]:
    """`figure(name, value)` puts a measured figure into the JSON report and JUnit's properties."""

    def add(name: str, value: object) -> None:
        record_property(name, value)
        request.config.stash[_report].figures[name] = value

    return add


@pytest.fixture(params=TARGETS)
def each_target(request: pytest.FixtureRequest, hil_options: HilOptions) -> str:
    """Every target by name, those that were not asked for skipped with what asks for them."""
    if request.param != hil_options.target:
        arguments = {
            "host": "",
            "qemu": " --image flash.bin (or --build-dir)",
            "serial": " --port /dev/ttyUSB0 --broker HOST",
        }
        pytest.skip(f"not selected: pytest tests/hil --target {request.param}{arguments[request.param]}")
    return str(request.param)
