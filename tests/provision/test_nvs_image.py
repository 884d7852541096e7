"""What goes into an NVS image comes out of it, by a reader that shares nothing with the writer."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutpoint.board import SETTINGS, SETTINGS_NAMESPACE, Setting, partition, read_partitions, setting_value
from cutpoint.errors import UsageError
from host_tools.flash.nvs_reader import read_nvs
from host_tools.provision import DEFAULT_BYTES, Entry, Given, gather, nvs_image
from host_tools.provision.nvs_image import MOST_STRING_BYTES
from tests.flash.built_files import ROOT
from tests.provision.nvs_parser import parse

PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
TEXTS = {
    "name": "greenhouse",
    "id": "cam-1",
    "broker": "mqtts://broker.example:8884",
    "root": "farm/cutpoint/1",
    "sntp": "pool.ntp.org",
    "wifi_pass": "correct horse",
    "chunk": "512",
    "ina_sda": "21",
    "ina_scl": "22",
    "tls_psk": "00112233445566778899aabbccddeeff",
    "aead_key": "0123456789abcdef" * 4,
}
KINDS = {"text": "string", "pem": "string", "choice": "u8", "hex": "blob", "key": "blob"}


def other_than_default(setting: Setting) -> str:
    """A text of a setting that is right and is not its default."""
    if setting.key in TEXTS:
        return TEXTS[setting.key]
    if setting.kind == "pem":
        return PEM.format("QUJD" * 300).replace(
            "CERTIFICATE", "PRIVATE KEY" if setting.secret else "CERTIFICATE"
        )
    if setting.kind == "choice":
        return next(word for word in reversed(setting.choices) if word != setting.initial)
    if setting.kind.startswith("u"):
        return str(setting.least if str(setting.least) != setting.initial else setting.most)
    return f"some {setting.key}"


# A pre-shared key and certificates do not go together.
PSK = {"tls_psk", "tls_psk_id"}
CERTIFICATES = {"tls_ca", "tls_cert", "tls_key"}


@pytest.mark.parametrize("without", [PSK, CERTIFICATES])
def test_every_setting_round_trips_with_its_type(without: set[str]) -> None:
    texts = {one.key: other_than_default(one) for one in SETTINGS if one.key not in without}
    image = nvs_image(
        SETTINGS_NAMESPACE, gather(Given(key, text, "test") for key, text in texts.items()).entries()
    )
    read = parse(image)
    assert set(read) == {"cutpoint"}
    assert read["cutpoint"] == {
        one.key: (KINDS.get(one.kind, one.kind), setting_value(one.key, texts[one.key]))
        for one in SETTINGS
        if one.key in texts
    }
    initial = {one.key: one.initial for one in SETTINGS}
    assert all(text != initial[key] for key, text in texts.items())


def test_every_shipped_table_has_settings_of_the_default_size() -> None:
    for path in sorted((ROOT / "firmware/esp32/partitions").glob("*.csv")):
        assert partition(read_partitions(path.read_text(), path.name), "nvs").size == DEFAULT_BYTES


entries = st.one_of(
    st.tuples(st.just("u8"), st.integers(0, 255)),
    st.tuples(st.just("u16"), st.integers(0, 65535)),
    st.tuples(st.just("u32"), st.integers(0, 2**32 - 1)),
    st.tuples(
        st.just("string"),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=1300),
    ),
    st.tuples(st.just("blob"), st.binary(min_size=1, max_size=64)),
)
keys = st.text(string.ascii_lowercase + "_", min_size=1, max_size=15)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(keys, entries, max_size=15), st.integers(0, 2**32))
def test_any_entries_round_trip_by_both_readers(wanted: dict[str, tuple[str, object]], seed: int) -> None:
    order = list(wanted)
    random.Random(seed).shuffle(order)
    image = nvs_image("cutpoint", [Entry(key, *wanted[key]) for key in order])  # type: ignore[arg-type]
    assert parse(image) == {"cutpoint": wanted}
    assert read_nvs(image) == {("cutpoint", key): value for key, (_, value) in wanted.items()}


@given(st.binary(max_size=500), st.integers(0, 3 * 4096), st.integers(0, 7))
@settings(deadline=None)
def test_the_reader_of_a_boards_flash_takes_what_is_valid_of_anything(tail: bytes, at: int, bit: int) -> None:
    image = bytearray(nvs_image("cutpoint", [Entry("key", "u32", 7), Entry("text", "string", "abc")], 0x3000))
    image[at : at + len(tail)] = tail
    image = image[:0x3000]
    if at < len(image):
        image[at] ^= 1 << bit
    for value in read_nvs(bytes(image)).values():
        assert value in (7, "abc")
    read_nvs(tail)


def test_the_longest_texts_fit_and_longer_ones_are_refused_by_key() -> None:
    longest = "x" * MOST_STRING_BYTES
    image = nvs_image("cutpoint", [Entry(key, "string", longest) for key in ("a", "b", "c")])
    assert parse(image)["cutpoint"]["b"] == ("string", longest)
    with pytest.raises(UsageError, match="tls_ca has 3,968 B; NVS takes texts up to 3,967"):
        Entry("tls_ca", "string", longest + "x")


def test_a_key_over_15_characters_is_refused() -> None:
    with pytest.raises(UsageError, match="NVS key 'sixteen_letters_' has 16 characters; NVS takes 1 to 15"):
        Entry("sixteen_letters_", "u8", 1)


@pytest.mark.parametrize("size", [0, 4096, 0x2000, 0x3001])
def test_a_partition_that_nvs_cannot_use_is_refused(size: int) -> None:
    with pytest.raises(UsageError, match="expected a multiple of 0x1000, 0x3000 or more"):
        nvs_image("cutpoint", [], size)


def test_settings_that_do_not_fit_say_so_without_their_values() -> None:
    with pytest.raises(UsageError, match="do not fit the 12,288 B") as caught:
        nvs_image("cutpoint", [Entry(key, "string", "geheim" * 600) for key in ("a", "b", "c")], 0x3000)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("kind", "value"), [("u8", 256), ("u16", -1), ("u8", "1"), ("string", b"x"), ("i8", 1), ("u8", True)]
)
def test_values_that_nvs_cannot_hold_are_refused(kind: str, value: object) -> None:
    with pytest.raises(UsageError):
        Entry("key", kind, value)  # type: ignore[arg-type]
