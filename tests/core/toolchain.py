"""Compilers, and the sources of the core and of firmware/device, for the tests that build them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "firmware" / "core"
DEVICE = ROOT / "firmware" / "device"
TESTS = ROOT / "tests" / "core"
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Werror")
LANGUAGE = ("-std=c++17", "-fno-exceptions", "-fno-rtti")


def core_sources() -> list[Path]:
    return sorted(CORE.rglob("*.cc"))


def core_headers() -> list[Path]:
    return sorted(CORE.rglob("*.h"))


def device_sources() -> list[Path]:
    return sorted(DEVICE.rglob("*.cc"))


def device_headers() -> list[Path]:
    return sorted(DEVICE.rglob("*.h"))


def program_or_skip(name: str) -> str:
    """The path of a compiler; on CI, where all are installed, a missing one is a failure."""
    path = shutil.which(name)
    if path is None:
        complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        complain(f"no {name} on this machine; Debian has it as a package")
    return path


def run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def compile_object(compiler: Sequence[str | Path], source: Path, folder: Path) -> Path:
    """Compiles one source below the repository; fails the test with the compiler's words."""
    target = folder / (str(source.relative_to(ROOT)).replace("/", "-") + ".o")
    done = run([*compiler, f"-I{CORE}", f"-I{DEVICE}", f"-I{TESTS}", "-c", source, "-o", target])
    if done.returncode != 0:
        raise AssertionError(f"{compiler[0]} refuses {source.relative_to(ROOT)}:\n{done.stderr}")
    return target


def in_parallel(work: Callable[[Path], T], items: Sequence[Path]) -> list[T]:
    """Two at a time: the tests share small machines."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, items))
