"""From finished builds, models and settings to a board's flash: checked plans, images, and esptool to write them."""

from host_tools.flash.app_image import AppImage
from host_tools.flash.board import Board, find_board, read_table, usb_ports
from host_tools.flash.build_folder import FLASHER_ARGS, PIO_APP, Build, read_build
from host_tools.flash.chips import CHIPS, Chip, chip_named
from host_tools.flash.errors import BoardError
from host_tools.flash.esptool import Esptool
from host_tools.flash.factory import write_factory, write_whole
from host_tools.flash.model_slot import slot_image_of
from host_tools.flash.partition_table import Partition, PartitionTable
from host_tools.flash.plan import (
    MODEL_LABEL,
    SETTINGS_LABEL,
    SPARE_LABEL,
    FlashPlan,
    Part,
    model_part,
    plan_firmware,
    plan_model,
    read_settings,
    settings_part,
)
from host_tools.flash.scratch import scratch_folder, write_private
from host_tools.flash.sizes import flash_bytes, size_words
from host_tools.flash.slots import SlotsInUse, slots_in_use, targets
from host_tools.flash.writing import DEFAULT_BAUD, write_plan

__all__ = [
    "CHIPS",
    "DEFAULT_BAUD",
    "FLASHER_ARGS",
    "MODEL_LABEL",
    "PIO_APP",
    "SETTINGS_LABEL",
    "SPARE_LABEL",
    "AppImage",
    "Board",
    "BoardError",
    "Build",
    "Chip",
    "Esptool",
    "FlashPlan",
    "Part",
    "Partition",
    "PartitionTable",
    "SlotsInUse",
    "chip_named",
    "find_board",
    "flash_bytes",
    "model_part",
    "plan_firmware",
    "plan_model",
    "read_build",
    "read_settings",
    "read_table",
    "scratch_folder",
    "settings_part",
    "size_words",
    "slot_image_of",
    "slots_in_use",
    "targets",
    "usb_ports",
    "write_factory",
    "write_plan",
    "write_private",
    "write_whole",
]
