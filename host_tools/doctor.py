"""What a machine needs to run Cutpoint, checked one by one; each failing check names its mend."""

from __future__ import annotations

import platform
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from cutpoint.errors import CutpointError
from host_tools.broker import BrokerAccess
from host_tools.doctor_boards import board_checks
from host_tools.health import Check, Health

OLDEST_PYTHON = (3, 11)
CONNECT_TIMEOUT_S = 3.0


def examine(models: Path | None, broker: BrokerAccess, port: int) -> Iterator[Check]:
    """Run every check in turn; none of them raises."""
    checks: tuple[Callable[[], Check], ...] = (
        python_version,
        compiler,
        core_module,
        litert,
        tflm,
        lambda: port_free(port),
        lambda: broker_reachable(broker),
        lambda: models_folder(models),
        *board_checks(),
    )
    for check in checks:
        yield check()


def python_version() -> Check:
    """Python 3.11 or newer."""
    seen = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info >= OLDEST_PYTHON:
        return Check("python", Health.ok, seen)
    return Check("python", Health.bad, seen, "install Python 3.11 or newer and make the environment again")


def compiler() -> Check:
    """A C++17 compiler; needed to build, not to run."""
    for name in ("c++", "g++", "clang++", "cl"):
        if (found := shutil.which(name)) is not None:
            return Check("compiler", Health.ok, found)
    return Check(
        "compiler",
        Health.warn,
        "none found",
        "to build from source: apt install g++, xcode-select --install, or MSVC",
    )


def core_module() -> Check:
    """The compiled core loads and its CRC gives the standard's check value."""
    try:
        from cutpoint import _core

        value = _core.crc32(b"123456789")
    except ImportError as error:
        return Check("core", Health.bad, str(error), "build it: pip install -e . (needs a C++ compiler)")
    if value != 0xCBF43926:
        return Check(
            "core",
            Health.bad,
            f"CRC-32 gives {value:#010x}, not 0xcbf43926",
            "build it again: pip install -e .",
        )
    return Check("core", Health.ok, "cutpoint._core loads, CRC-32 check value is right")


def litert() -> Check:
    """LiteRT, which runs tails."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Check("litert", Health.ok, f"ai-edge-litert {version('ai-edge-litert')}")
    except PackageNotFoundError:
        return Check("litert", Health.bad, "not installed", "pip install ai-edge-litert")


def tflm() -> Check:
    """TensorFlow Lite Micro, whose kernels a virtual device runs where they exist."""
    from cutpoint.kernels import available

    if "tflm" in available():
        return Check("tflm", Health.ok, "tflite-micro loads")
    return Check(
        "tflm",
        Health.warn,
        f"no tflite-micro for {sys.platform} {platform.machine()}: LiteRT's reference kernels stand in",
        "on Linux x86-64: pip install '.[tflm]' in the source tree",
    )


def port_free(port: int) -> Check:
    """The port that `serve --embedded-broker` takes by default."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return Check(
                "port",
                Health.warn,
                f"{port} is taken ({error.strerror})",
                "fine if that is your broker; else serve --embedded-broker with another --port",
            )
    return Check("port", Health.ok, f"{port} is free")


def broker_reachable(broker: BrokerAccess) -> Check:
    """A broker answers there, asked with a real CONNECT."""
    mend = "start one (mosquitto, or cutpoint serve --embedded-broker), or name yours with --broker HOST:PORT"
    try:
        bus = broker.bus("cutpoint-doctor")
        bus.connect(CONNECT_TIMEOUT_S)
        bus.close()
    except CutpointError as error:
        return Check("broker", Health.warn, str(error), mend)
    return Check("broker", Health.ok, f"{broker} accepts MQTT connections")


def models_folder(folder: Path | None) -> Check:
    """Every bundle in the folder opens, hashes included."""
    import cutpoint
    from host_tools.shipped import shipped_bundle

    try:
        where = folder if folder is not None else shipped_bundle().parent
        paths = [where] if where.suffix == ".cut" else sorted(where.glob("*.cut"))
        if not paths:
            return Check(
                "models", Health.bad, f"no bundle (*.cut) in {where}", "make one: cutpoint split MODEL -o DIR"
            )
        names = [cutpoint.Bundle.open(path).name for path in paths]
    except CutpointError as error:
        return Check("models", Health.bad, str(error), "make it again: cutpoint split MODEL -o DIR")
    return Check("models", Health.ok, f"{where}: {', '.join(names)}")
