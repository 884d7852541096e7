"""Names for runs of the bodies in a pytest of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

RunBodies = Callable[..., subprocess.CompletedProcess[str]]
