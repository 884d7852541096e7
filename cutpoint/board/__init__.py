"""What is written to a board: slot images, settings, partition tables; a board's own updates and console."""

from cutpoint._core import Console, SerialDemux, UpdateNote, UpdateReceiver
from cutpoint.board.errors import PartitionError, SettingError, SlotError
from cutpoint.board.flash import FlashArea, MemoryFlash, MemoryProgress, ProgressStore
from cutpoint.board.partitions import Partition, check_partitions, partition, read_partitions
from cutpoint.board.settings import (
    SETTINGS,
    SETTINGS_NAMESPACE,
    Setting,
    SettingProblem,
    board_id,
    check_settings,
    setting,
    setting_value,
)
from cutpoint.board.slot import SlotImage, read_slot_image, slot_image

__all__ = [
    "SETTINGS",
    "SETTINGS_NAMESPACE",
    "Console",
    "FlashArea",
    "MemoryFlash",
    "MemoryProgress",
    "Partition",
    "PartitionError",
    "ProgressStore",
    "SerialDemux",
    "Setting",
    "SettingError",
    "SettingProblem",
    "SlotError",
    "SlotImage",
    "UpdateNote",
    "UpdateReceiver",
    "board_id",
    "check_partitions",
    "check_settings",
    "partition",
    "read_partitions",
    "read_slot_image",
    "setting",
    "setting_value",
    "slot_image",
]
