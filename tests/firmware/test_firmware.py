"""The C++ tests of firmware/device, built under the address and undefined-behaviour sanitizers and run."""

from __future__ import annotations

from pathlib import Path

import pytest
from toolchain import (
    LANGUAGE,
    WARNINGS,
    build_programs,
    compile_object,
    core_sources,
    device_sources,
    fuzz,
    in_parallel,
    program_or_skip,
    run,
)

HERE = Path(__file__).resolve().parent
PROGRAMS = sorted(HERE.glob("*_test.cc"))
FUZZERS = sorted(HERE.glob("fuzz_*.cc"))


def all_sources() -> list[Path]:
    return [*core_sources(), *device_sources()]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | str]:
    compiler = program_or_skip("g++")
    return build_programs(compiler, PROGRAMS, all_sources(), tmp_path_factory.mktemp("programs"))


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_firmware_device_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    # Apart from the sanitizers: their instrumentation makes g++ see sign changes that are not in the source.
    command = [program_or_skip(compiler), *LANGUAGE, *WARNINGS, "-O2"]
    in_parallel(lambda source: compile_object(command, source, tmp_path), device_sources())


@pytest.mark.parametrize("name", [path.stem for path in PROGRAMS])
def test_cpp_tests_pass_under_sanitizers(programs: dict[str, Path | str], name: str) -> None:
    program = programs[name]
    assert isinstance(program, Path), program
    done = run([program])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def fuzz_objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed")


@pytest.mark.parametrize("target", FUZZERS, ids=lambda path: path.stem)
def test_a_short_fuzz_run_finds_nothing(target: Path, fuzz_objects: Path, tmp_path: Path) -> None:
    fuzz(target, all_sources(), fuzz_objects, tmp_path, "-max_total_time=2")
