"""The C++ tests of firmware/device, built under the address and undefined-behaviour sanitizers and run."""

from __future__ import annotations

from pathlib import Path

import pytest
from toolchain import (
    LANGUAGE,
    WARNINGS,
    compile_object,
    core_sources,
    device_sources,
    in_parallel,
    program_or_skip,
    run,
)

HERE = Path(__file__).resolve().parent
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g1")
PROGRAMS = sorted(path.stem for path in HERE.glob("*_test.cc"))
FUZZERS = sorted(path.stem for path in HERE.glob("fuzz_*.cc"))


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("device")
    command = [program_or_skip("g++"), *LANGUAGE, *SANITIZERS]
    sources = [*core_sources(), *device_sources()]
    return in_parallel(lambda source: compile_object(command, source, folder), sources)


@pytest.fixture(scope="module")
def programs(objects: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | str]:
    """Each test program, or why it could not be built: one that does not compile fails alone."""
    folder = tmp_path_factory.mktemp("programs")

    def build(source: Path) -> Path | str:
        program = folder / source.stem
        command = ["g++", *LANGUAGE, "-Wall", "-Wextra", "-Werror", *SANITIZERS, f"-I{HERE}"]
        try:
            own = compile_object(command, source, folder)
        except AssertionError as error:
            return str(error)
        done = run(["g++", *SANITIZERS, own, *objects, "-o", program])
        return program if done.returncode == 0 else done.stderr

    built = in_parallel(build, [HERE / f"{name}.cc" for name in PROGRAMS])
    return dict(zip(PROGRAMS, built, strict=True))


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_firmware_device_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    # Apart from the sanitizers: their instrumentation makes g++ see sign changes that are not in the source.
    command = [program_or_skip(compiler), *LANGUAGE, *WARNINGS, "-O2"]
    in_parallel(lambda source: compile_object(command, source, tmp_path), device_sources())


@pytest.mark.parametrize("name", PROGRAMS)
def test_cpp_tests_pass_under_sanitizers(programs: dict[str, Path | str], name: str) -> None:
    program = programs[name]
    assert isinstance(program, Path), program
    done = run([program])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[Path]]:
    """The command that compiles for libFuzzer, and everything below a fuzz target compiled by it."""
    folder = tmp_path_factory.mktemp("fuzzed")
    command = [program_or_skip("clang++"), *LANGUAGE, *SANITIZERS, "-O1", "-fsanitize=fuzzer-no-link"]
    sources = [*core_sources(), *device_sources()]
    return command, in_parallel(lambda source: compile_object(command, source, folder), sources)


@pytest.mark.parametrize("name", FUZZERS)
def test_a_short_fuzz_run_finds_nothing(
    fuzzed: tuple[list[str], list[Path]], name: str, tmp_path: Path
) -> None:
    command, objects = fuzzed
    own = compile_object(command, HERE / f"{name}.cc", tmp_path)
    linked = run([*command, "-fsanitize=fuzzer", own, *objects, "-o", tmp_path / name])
    assert linked.returncode == 0, linked.stderr
    done = run(
        [tmp_path / name, "-max_total_time=2", "-timeout=5", f"-artifact_prefix={tmp_path}/", "-seed=1"]
    )
    assert done.returncode == 0, done.stderr[-4000:]
