"""The numbers of the protocol by name. docs/protocol.md says what each means."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Kind(IntEnum):
    """What a frame carries."""

    ACTIVATION = 1
    RESULT = 2
    PLAN = 3
    TELEMETRY = 4
    COMMAND = 5


class Flag(IntFlag):
    """Flags of the header."""

    ENCRYPTED = 0x01
    HEDGED = 0x02
    TIMINGS = 0x04
    ANSWERED = 0x08
    PROBE = 0x10
    EXPLORATION = 0x20
    PARTIAL = 0x40


class Status(IntEnum):
    """How an inference ended at the edge."""

    OK = 0
    BAD_FRAME = 1
    UNKNOWN_MODEL = 2
    WRONG_CUT = 3
    OVERLOADED = 4
    TOO_LATE = 5
    FAILED = 6


class Command(IntEnum):
    """What the edge can ask of a device."""

    PROFILE = 1
    IDENTIFY = 2
    RESTART = 3
    NEW_MODEL = 4
    NEW_FIRMWARE = 5


class Gauge(IntEnum):
    """What a device can measure of itself; absent where it cannot. Energies count from the last telemetry."""

    HEAP_NOW_BYTES = 0
    HEAP_LEAST_BYTES = 1
    LARGEST_FREE_BLOCK_BYTES = 2
    CPU_CLOCK_MHZ = 3
    CHIP_TEMPERATURE_CENTI_C = 4
    RSSI_DBM = 5
    ENERGY_MEASURED_UJ = 6
    ENERGY_MODELLED_UJ = 7
    PSRAM_NOW_BYTES = 8
    PSRAM_LEAST_BYTES = 9
    STACK_LEAST_BYTES = 10


class CounterId(IntEnum):
    """What a device counts since boot."""

    INFERENCES = 1
    ANSWERED_BY_EDGE = 2
    ANSWERED_BY_DEVICE = 3
    UNANSWERED = 4
    DEADLINES_MISSED = 5
    LATE_RESULTS = 6
    DUPLICATE_RESULTS = 7
    BAD_FRAMES = 8
    STALE_PLANS = 9
    REFUSED_BY_EDGE = 10
    PROBES = 11
    UNSUPPORTED_COMMANDS = 12
