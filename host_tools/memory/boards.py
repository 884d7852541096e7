"""The RAM of the boards that the firmware knows, as far as a model can have it."""

from __future__ import annotations

from dataclasses import dataclass

from host_tools.device.profile import Profile

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class BoardMemory:
    """A board by the name of its environment (`firmware/esp32/boards`).

    block_bytes: the largest block of internal RAM that a model can have, of the profile of its chip, with the basis of
    that figure: measured, published, derived, assumed. psram_bytes: of external RAM, 0 for none.
    """

    name: str
    profile: str
    psram_bytes: int = 0

    @property
    def block_bytes(self) -> int:
        return self._memory()[0]

    @property
    def basis(self) -> str:
        return self._memory()[1]

    def _memory(self) -> tuple[int, str]:
        memory = Profile.load(self.profile).memory
        assert memory is not None, f"the profile {self.profile} states no memory"
        return memory.arena_bytes, memory.basis


BOARDS = (
    BoardMemory("esp32dev", "esp32"),
    BoardMemory("esp32-c3", "esp32-c3"),
    BoardMemory("esp32-cam", "esp32", 4 * _MIB),
    BoardMemory("esp32-s3-devkit", "esp32-s3", 8 * _MIB),
    BoardMemory("esp32-s3-eye", "esp32-s3", 8 * _MIB),
)
"""What one can hold in one's hand: the emulator's board is an esp32dev with another network."""
