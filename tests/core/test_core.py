"""The C++ tests of firmware/core, built under the address and undefined-behaviour sanitizers and run."""

from __future__ import annotations

from pathlib import Path

import pytest
from toolchain import (
    CORE,
    LANGUAGE,
    TESTS,
    WARNINGS,
    build_programs,
    compile_object,
    core_sources,
    core_tests,
    fuzz,
    in_parallel,
    program_or_skip,
    run,
)

PROGRAMS = core_tests()
FUZZERS = sorted(TESTS.glob("fuzz_*.cc"))


@pytest.fixture(scope="module", params=["g++", "clang++"])
def compiler(request: pytest.FixtureRequest) -> str:
    return program_or_skip(request.param)


@pytest.fixture(scope="module")
def programs(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | str]:
    return build_programs(compiler, PROGRAMS, core_sources(), tmp_path_factory.mktemp("programs"))


def test_the_core_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    # Apart from the sanitizers: their instrumentation makes g++ see sign changes that are not in the source.
    in_parallel(
        lambda source: compile_object([compiler, *LANGUAGE, *WARNINGS, "-O2"], source, tmp_path),
        core_sources(),
    )


@pytest.mark.parametrize("name", [path.stem for path in PROGRAMS])
def test_cpp_tests_pass_under_sanitizers(programs: dict[str, Path | str], name: str) -> None:
    program = programs[name]
    assert isinstance(program, Path), program
    done = run([program])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_checksum_is_the_same_when_compiled_for_size(compiler: str, tmp_path: Path) -> None:
    # Its tables are smaller then.
    test, source = TESTS / "crc32_test.cc", CORE / "crc32.cc"
    program = tmp_path / "crc32"
    built = run([compiler, *LANGUAGE, "-Os", f"-I{CORE}", test, source, "-o", program])
    assert built.returncode == 0, built.stderr
    done = run([program])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def fuzz_objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed")


@pytest.mark.parametrize("target", FUZZERS, ids=lambda path: path.stem)
def test_a_short_fuzz_run_finds_nothing(target: Path, fuzz_objects: Path, tmp_path: Path) -> None:
    fuzz(target, core_sources(), fuzz_objects, tmp_path, "-max_total_time=2")
