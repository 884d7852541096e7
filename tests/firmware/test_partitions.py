"""The partition tables: what the bootloader, updates and the model slots count on."""

from __future__ import annotations

import pytest
from board_files import ENVIRONMENTS, ESP32, FLASH_MB, ROOT, board_values, flash_of, option, partitions

from cutpoint.board import check_partitions, slot_image
from cutpoint.graph import Bundle

SECTOR = 0x1000
# The application of the largest build, estimated (docs/firmware.md, Memory).
APP_ESTIMATE = 1_400_000

flash_sizes = pytest.mark.parametrize("flash", FLASH_MB)


def test_there_is_one_table_for_each_flash_size() -> None:
    assert {path.stem for path in (ESP32 / "partitions").glob("*.csv")} == set(FLASH_MB)


@flash_sizes
def test_the_firmware_can_live_in_the_table(flash: str) -> None:
    """Labels, types, order, alignment, equal slots: the rules of cutpoint.board."""
    assert check_partitions(partitions(flash), FLASH_MB[flash] * 2**20) == ()


@flash_sizes
def test_no_partition_is_there_that_nobody_uses(flash: str) -> None:
    expected = {"nvs", "otadata", "phy_init", "state", "ota_0", "ota_1", "model", "spare"}
    assert expected <= {part.label for part in partitions(flash)} <= expected | {"coredump"}


@flash_sizes
def test_both_application_slots_are_equal_and_hold_the_largest_build(flash: str) -> None:
    sizes = {part.size for part in partitions(flash) if part.type == "app"}
    assert len(sizes) == 1
    assert sizes.pop() >= APP_ESTIMATE


@flash_sizes
def test_both_model_slots_are_equal_and_hold_the_shipped_models(flash: str) -> None:
    table = {part.label: part for part in partitions(flash)}
    assert table["model"].size == table["spare"].size >= 448 * 1024
    shipped = list((ROOT / "models").glob("*.cut"))
    assert shipped
    for bundle in shipped:
        assert len(slot_image(Bundle.open(bundle))) <= table["model"].size, bundle.name


@flash_sizes
def test_nvs_has_room_for_three_certificates_and_a_page_to_move_to(flash: str) -> None:
    table = {part.label: part for part in partitions(flash)}
    # A PEM of 4,000 bytes takes most of a page of 4,032; NVS itself needs three.
    assert table["nvs"].size >= (3 + 3) * SECTOR


def test_all_tables_agree_where_settings_lie() -> None:
    """A board's settings image fits every size of flash."""
    places = {
        tuple(
            (part.offset, part.size)
            for part in partitions(flash)
            if part.label in ("nvs", "state", "otadata")
        )
        for flash in FLASH_MB
    }
    assert len(places) == 1


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_both_build_tools_take_the_table_of_the_boards_flash(environment: str) -> None:
    flash = flash_of(environment)
    values = board_values(environment)
    assert values["PARTITION_TABLE_CUSTOM"] == "y"
    assert values["PARTITION_TABLE_CUSTOM_FILENAME"] == f'"partitions/{flash}.csv"'
    assert option(environment, "board_build.partitions") == f"firmware/esp32/partitions/{flash}.csv"
    assert option(environment, "board_upload.flash_size") == flash


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_core_dump_is_written_exactly_where_there_is_a_partition_for_it(environment: str) -> None:
    has = any(part.label == "coredump" for part in partitions(flash_of(environment)))
    assert (board_values(environment).get("ESP_COREDUMP_ENABLE_TO_FLASH") == "y") == has
