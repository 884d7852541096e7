"""What a linked program takes, and which part of it comes from which source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# One input section of the linker's map: name, address, size, and the object that it comes from. A long name has a line
# to itself.
INPUT_SECTION = re.compile(r"^ (\.[\w.$]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+)$", re.MULTILINE)
KINDS = {
    "text": ("literal", "text", "init", "fini", "vectors", "reset", "start"),
    "rodata": ("rodata", "srodata"),
    "data": ("data", "sdata"),
    "bss": ("bss", "sbss"),
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes by kind. A program's flash is text + rodata + data, its RAM data + bss, and the stack beside it."""

    text: int = 0
    rodata: int = 0
    data: int = 0
    bss: int = 0

    @property
    def code(self) -> int:
        """Text and constants."""
        return self.text + self.rodata

    def __add__(self, other: Sizes) -> Sizes:
        return Sizes(
            self.text + other.text, self.rodata + other.rodata, self.data + other.data, self.bss + other.bss
        )


def sizes_by_object(linker_map: str) -> dict[Path, Sizes]:
    """What of each object has been linked, from GNU ld's map. Sections that --gc-sections dropped do not count."""
    kind_of = {prefix: kind for kind, prefixes in KINDS.items() for prefix in prefixes}
    placed = linker_map.partition("Linker script and memory map")[2]
    found: dict[Path, Sizes] = {}
    for name, _, size, origin in INPUT_SECTION.findall(placed):
        kind = kind_of.get(name.split(".")[1])
        if kind is not None:
            path = Path(origin)
            found[path] = found.get(path, Sizes()) + Sizes(**{kind: int(size, 16)})
    return found
