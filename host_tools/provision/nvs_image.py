"""Settings as an NVS image, made in memory by Espressif's own generator (esp-idf-nvs-partition-gen, Apache-2.0)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from cutpoint.errors import UsageError

PAGE_BYTES = 4096
LEAST_PAGES = 3
"""Of a partition that can be written to: NVS keeps one page free to move entries to."""
DEFAULT_BYTES = 0x10000
"""The partition `nvs` in firmware/esp32/partitions."""
MOST_KEY_CHARACTERS = 15
MOST_STRING_BYTES = 3967
"""Without its final zero. NVS takes 4,000; the generator leaves the last entry of a page free, so 124 entries of 32."""
WIDTHS = {"u8": 1, "u16": 2, "u32": 4}


@dataclass(frozen=True, slots=True)
class Entry:
    """One value in NVS: an int of `kind` u8, u16 or u32, a str of kind string, or bytes of kind blob."""

    key: str
    kind: str
    value: int | str | bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= MOST_KEY_CHARACTERS or not self.key.isascii():
            raise UsageError(
                f"NVS key {self.key!r} has {len(self.key)} characters; NVS takes 1 to {MOST_KEY_CHARACTERS}, ASCII"
            )
        fits = {"string": str, "blob": bytes}.get(self.kind, int)
        if self.kind not in {"string", "blob", *WIDTHS} or type(self.value) is not fits:
            raise UsageError(f"{self.key}: NVS cannot hold {type(self.value).__name__} as {self.kind}")
        if isinstance(self.value, int) and not 0 <= self.value < 1 << 8 * WIDTHS[self.kind]:
            raise UsageError(f"{self.key} does not fit {self.kind}")
        if isinstance(self.value, str):
            size = len(self.value.encode())
            if size > MOST_STRING_BYTES:
                raise UsageError(f"{self.key} has {size:,} B; NVS takes texts up to {MOST_STRING_BYTES:,}")
            if "\0" in self.value:
                raise UsageError(f"{self.key} has a zero byte in its text, which would end it")


def nvs_image(namespace: str, entries: Iterable[Entry], size: int = DEFAULT_BYTES) -> bytes:
    """An NVS partition of `size` bytes with the entries of one namespace.

    Raises:
        UsageError: the size is none that NVS takes, the entries do not fit, or the generator is not installed.
    """
    if size % PAGE_BYTES or size < LEAST_PAGES * PAGE_BYTES:
        raise UsageError(
            f"an NVS partition of {size:#x} B; expected a multiple of {PAGE_BYTES:#x}, {LEAST_PAGES * PAGE_BYTES:#x} "
            "or more"
        )
    try:
        from esp_idf_nvs_partition_gen import nvs_partition_gen as generator
    except ImportError as error:
        raise UsageError(
            "settings images need esp-idf-nvs-partition-gen: pip install 'cutpoint[board]'"
        ) from error
    file = io.BytesIO()
    # The size is without the page that the generator reserves at the end.
    nvs = generator.nvs_open(file, size - PAGE_BYTES, generator.Page.VERSION2)
    # Blobs first: they may be cut at the end of a page, and these are so short that they never meet one.
    ordered = sorted(entries, key=lambda entry: entry.kind != "blob")
    try:
        generator.write_entry(nvs, namespace, "namespace", "", "")
        for entry in ordered:
            encoding = "binary" if entry.kind == "blob" else entry.kind
            generator.write_entry(nvs, entry.key, "data", encoding, entry.value)
        generator.nvs_close(nvs)
    except (generator.InsufficientSizeError, generator.PageFullError):
        # From None: what the generator raises may carry values along.
        raise UsageError(
            f"the settings do not fit the {size:,} B of the partition; certificates take most: leave one out"
        ) from None
    except (generator.InputError, ValueError, TypeError):
        raise UsageError("the NVS generator refused the settings") from None
    image = file.getvalue()
    if len(image) != size:
        raise UsageError(
            f"the NVS generator made {len(image):,} B instead of {size:,}; its version is not understood: "
            "pip install 'cutpoint[board]'"
        )
    return image
