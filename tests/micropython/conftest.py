"""MicroPython under node, and the package under CPython without the PC's own `cutpoint` in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "firmware/micropython/cutpoint"
MICROPYTHON = HERE / "node_modules/@micropython/micropython-webassembly-pyscript"
HEAP_BYTES = 4_000_000

Run = Callable[..., list[str]]


@pytest.fixture(scope="session")
def micropython() -> Run:
    """`micropython(script, vectors=path)` runs a script of this folder under MicroPython and gives its lines."""
    node = shutil.which("node")
    if node is None or not MICROPYTHON.is_dir():
        missing = "node" if node is None else "the npm packages of tests/micropython (`npm install` there)"
        if os.environ.get("CI"):
            pytest.fail(f"{missing} must be there where everything is tested")
        pytest.skip(f"MicroPython needs {missing}")

    def run(script: str, **files: Path) -> list[str]:
        inside = [f"{path}::/cutpoint/{path.name}" for path in sorted(PACKAGE.glob("*.py"))]
        inside += [f"{path}::/{path.name}" for path in files.values()]
        command = [node, str(HERE / "run.mjs"), str(HEAP_BYTES), str(HERE / script), *inside]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout.splitlines()

    return run


@pytest.fixture(scope="session")
def cpython() -> Callable[..., subprocess.Popen[str]]:
    """`cpython(script, *arguments, cwd=...)` starts a script with only the board's package, and paho, to import."""

    def start(script: str, *arguments: object, cwd: Path) -> subprocess.Popen[str]:
        import paho

        site = Path(paho.__file__).parents[1]
        # Without `site` no editable installation redirects `import cutpoint`.
        bootstrap = (
            f"import sys; sys.path[:0] = [{str(PACKAGE.parent)!r}, {str(HERE)!r}]; sys.path.append({str(site)!r}); "
            f"exec(compile(open({str(HERE / script)!r}).read(), {script!r}, 'exec'))"
        )
        command = [sys.executable, "-S", "-c", bootstrap, *map(str, arguments)]
        return subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start
