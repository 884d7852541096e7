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
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g1")
FUZZED = (*LANGUAGE, *SANITIZERS, "-O1", "-fsanitize=fuzzer-no-link")


def core_sources() -> list[Path]:
    return sorted(path for path in CORE.rglob("*.cc") if not path.stem.endswith("_test"))


def core_tests() -> list[Path]:
    """Programs: those of tests/core, and those that lie beside a codec."""
    return sorted([*TESTS.glob("*_test.cc"), *CORE.rglob("*_test.cc")])


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


_compiled: dict[tuple[str, ...], Path] = {}


def compiled_once(command: Sequence[str], sources: Sequence[Path], folder: Path) -> list[Path]:
    """The objects of these sources; what this run has compiled by the same command before is not compiled again."""
    new = [source for source in sources if (*command, str(source)) not in _compiled]
    for source, made in zip(
        new, in_parallel(lambda one: compile_object(command, one, folder), new), strict=True
    ):
        _compiled[(*command, str(source))] = made
    return [_compiled[(*command, str(source))] for source in sources]


def build_programs(
    compiler: str, tests: Sequence[Path], sources: Sequence[Path], folder: Path
) -> dict[str, Path | str]:
    """Each test program under the sanitizers, or why it could not be built: one that does not compile fails alone."""
    objects = compiled_once([compiler, *LANGUAGE, *SANITIZERS], sources, folder)

    def build(source: Path) -> Path | str:
        program = folder / source.stem
        command = [compiler, *LANGUAGE, "-Wall", "-Wextra", "-Werror", *SANITIZERS, f"-I{source.parent}"]
        try:
            own = compile_object(command, source, folder)
        except AssertionError as error:
            return str(error)
        done = run([compiler, *SANITIZERS, own, *objects, "-o", program])
        return program if done.returncode == 0 else done.stderr

    return dict(zip([test.stem for test in tests], in_parallel(build, tests), strict=True))


def fuzz(target: Path, sources: Sequence[Path], objects: Path, folder: Path, *options: str | Path) -> None:
    """Build a fuzz target over these sources, and run it; fails the test with what it found.

    objects: where objects are kept that another target may need. options: libFuzzer's, and corpora.
    """
    command = [program_or_skip("clang++"), *FUZZED]
    own = compile_object(command, target, folder)
    program = folder / target.stem
    linked = run(
        [*command, "-fsanitize=fuzzer", own, *compiled_once(command, sources, objects), "-o", program]
    )
    assert linked.returncode == 0, linked.stderr
    done = run([program, *options, "-timeout=5", f"-artifact_prefix={folder}/", "-seed=1"])
    assert done.returncode == 0, done.stderr[-4000:]
