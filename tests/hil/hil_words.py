"""Names for the bodies' annotations."""

from __future__ import annotations

from collections.abc import Callable

from host_tools.hil import Ability

Need = Callable[[Ability], None]
Figure = Callable[[str, object], None]
