// Codec rans piece by piece: known bytes, every size of the room, every damage, and models that are none. That the
// streams are those of docs/codecs.md, for any tensor and model, tests/codec/test_rans.py holds against NumPy.
#include "rans.h"

#include <algorithm>

#include "bytes.h"
#include "check.h"
#include "model_blocks.h"

using namespace cutpoint;
using check::ModelBlock;
using check::ModelSpec;
using check::TableSpec;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
MutableBytes view(Buffer& buffer) { return MutableBytes(buffer.data(), buffer.size()); }

struct Random {
  uint32_t state;
  uint32_t next() {
    state = state * 1664525u + 1013904223u;
    return state >> 8;
  }
};

// A model and what it is read with.
struct Fixture {
  Fixture(LevelGrid shape, const ModelSpec& spec, bool changes = false) : grid(shape), block(spec) {
    for (size_t i = 0; i < 256; ++i) {
      to_level.push_back(static_cast<uint8_t>(i * shape.levels / 256));
    }
    size_t bytes = 0;
    status = read_model(Bytes(block.data(), block.size()), grid, changes, model, bytes);
    whole = bytes == block.size();
  }

  Buffer encoded(const Buffer& elements, size_t room) const {
    Buffer out(room);
    const size_t bytes = encode_streams(grid, model, to_level.data(), view(elements), view(out));
    return Buffer(out.end() - static_cast<std::ptrdiff_t>(bytes), out.end());
  }

  LevelGrid grid;
  ModelBlock block;
  RansModel model;
  Buffer to_level;
  Status status;
  bool whole;
};

LevelGrid grid_of(uint16_t height, uint16_t width, uint16_t channels, uint16_t levels) {
  return LevelGrid{height, width, channels, levels, static_cast<uint8_t>(levels / 2)};
}

ModelSpec plain(uint16_t levels) {
  return ModelSpec{0, 0, {}, {}, 1, false, {TableSpec{levels, 0, check::peaked(levels)}}};
}

// Neighbours, contexts, groups and an escape: everything at once.
ModelSpec rich(uint8_t prediction, uint8_t activity, bool sliced, uint16_t levels) {
  ModelSpec spec{prediction, activity, {1, 3}, {0, 1, 0, 1, 1}, 2, sliced, {}};
  for (uint16_t i = 0; i < 6; ++i) {
    const uint16_t symbols = static_cast<uint16_t>(levels / 2 - i % 2);
    spec.tables.push_back(TableSpec{symbols, static_cast<uint16_t>(i), check::peaked(symbols + 1u)});
  }
  return spec;
}

Buffer smooth(const LevelGrid& grid, uint32_t seed) {
  Random random{seed};
  Buffer elements(grid.elements());
  for (size_t i = 0; i < elements.size(); ++i) {
    elements[i] = static_cast<uint8_t>(128 + i % 7 + random.next() % 16);
  }
  return elements;
}

}  // namespace

TEST(a_stream_has_the_bytes_of_the_paper) {
  // Two levels of frequency 3072 and 1024. From L = 0x800000: level 1, then level 0, coded from the last.
  //   level 0 (f 3072, s 0):    x = (8388608 / 3072 << 12) + 8388608 % 3072       = 2730 * 4096 + 2048     = 0xAAA800
  //   level 1 (f 1024, s 3072): x = (11184128 / 1024 << 12) + 11184128 % 1024 + 3072 = 10922 * 4096 + 3072 = 0x2AAAC00
  const Fixture f(grid_of(1, 2, 1, 2), ModelSpec{0, 0, {}, {}, 1, false, {TableSpec{2, 0, {3072, 1024}}}});
  REQUIRE(f.status == Status::kOk);
  const Buffer coded = f.encoded({200, 5}, 16);
  CHECK(coded == (Buffer{0x00, 0xAC, 0xAA, 0x02}));
}

TEST(a_level_without_a_symbol_follows_its_escape_in_even_bits) {
  // One symbol of frequency 4095 and the escape of frequency 1. Level 0xC8 first: the low byte of x leaves, the level
  // takes its place: x = 0x8000C8. The escape (f 1, s 4095): x >= 1 << 19, so 0xC8 leaves, x = 0x8000 * 4096 + 4095.
  const Fixture f(grid_of(1, 1, 1, 256), ModelSpec{0, 0, {}, {}, 1, false, {TableSpec{1, 0, {4095, 1}}}});
  REQUIRE(f.status == Status::kOk);
  const Buffer coded = f.encoded({200}, 16);
  CHECK(coded == (Buffer{0xFF, 0x0F, 0x00, 0x08, 0xC8, 0x00}));
}

TEST(every_kind_of_model_gives_the_levels_back) {
  for (uint8_t prediction = 0; prediction <= 3; ++prediction) {
    for (uint8_t activity = 0; activity <= 1; ++activity) {
      for (const bool sliced : {false, true}) {
        const Fixture f(grid_of(4, 3, 5, 32), rich(prediction, activity, sliced, 32));
        REQUIRE(f.status == Status::kOk && f.whole);
        const Buffer elements = smooth(f.grid, prediction + 1u);
        const Buffer coded = f.encoded(elements, 4096);
        REQUIRE(!coded.empty());
        Buffer levels(elements.size());
        CHECK_EQ(decode_streams(f.grid, f.model, view(coded), Bytes(), view(levels)), Status::kOk);
        for (size_t i = 0; i < levels.size(); ++i) {
          CHECK_EQ(levels[i], f.to_level[elements[i]]);
        }
      }
    }
  }
}

TEST(channels_beyond_a_block_are_coded_too) {
  for (const uint16_t channels : {uint16_t{255}, uint16_t{256}, uint16_t{257}, uint16_t{700}}) {
    ModelSpec spec = rich(3, 1, false, 32);
    spec.group_of.clear();
    for (size_t i = 0; i < channels; ++i) {
      spec.group_of.push_back(i % 3 == 0 ? 1 : 0);
    }
    const Fixture f(grid_of(2, 3, channels, 32), spec);
    REQUIRE(f.status == Status::kOk);
    const Buffer elements = smooth(f.grid, channels);
    const Buffer coded = f.encoded(elements, 16384);
    REQUIRE(!coded.empty());
    Buffer levels(elements.size());
    REQUIRE(decode_streams(f.grid, f.model, view(coded), Bytes(), view(levels)) == Status::kOk);
    for (size_t i = 0; i < levels.size(); ++i) {
      CHECK_EQ(levels[i], f.to_level[elements[i]]);
    }
  }
}

TEST(an_int8_tensor_that_loses_nothing_is_coded_without_its_table) {
  // The same levels by another way: the elements turned, through a table that turns them back.
  Fixture f(grid_of(4, 3, 5, 256), rich(3, 1, false, 256));
  REQUIRE(f.status == Status::kOk);
  Buffer elements = smooth(f.grid, 9);
  const Buffer by_table = f.encoded(elements, 4096);
  for (size_t i = 0; i < 256; ++i) {
    f.to_level[i] = static_cast<uint8_t>(i ^ 0x80);
  }
  for (uint8_t& element : elements) {
    element ^= 0x80;
  }
  CHECK(f.encoded(elements, 4096) == by_table);
  CHECK(!by_table.empty());
}

TEST(a_room_that_is_a_byte_too_small_holds_nothing_and_what_lies_before_it_stays) {
  for (const bool sliced : {false, true}) {
    const Fixture f(grid_of(4, 3, 5, 32), rich(3, 1, sliced, 32));
    const Buffer elements = smooth(f.grid, 3);
    const Buffer whole = f.encoded(elements, 4096);
    REQUIRE(!whole.empty());
    for (size_t room = 0; room <= whole.size() + 1; ++room) {
      Buffer out(room + 8, 0xEE);
      const size_t bytes =
          encode_streams(f.grid, f.model, f.to_level.data(), view(elements), view(out).slice(4, room));
      CHECK_EQ(bytes, room < whole.size() ? size_t{0} : whole.size());
      CHECK(bytes == 0 || std::equal(whole.begin(), whole.end(), out.end() - 4 - static_cast<std::ptrdiff_t>(bytes)));
      for (size_t i = 0; i < 4; ++i) {
        CHECK_EQ(out[i], 0xEE);
        CHECK_EQ(out[room + 4 + i], 0xEE);
      }
    }
  }
}

TEST(a_zero_level_that_no_element_has_is_not_coded) {
  Fixture f(grid_of(2, 2, 1, 2), plain(2));
  std::fill(f.to_level.begin(), f.to_level.end(), uint8_t{0});
  CHECK(f.encoded({1, 2, 3, 4}, 64).empty());
}

TEST(what_is_cut_off_or_left_over_is_refused) {
  for (const bool sliced : {false, true}) {
    const Fixture f(grid_of(4, 3, 5, 32), rich(1, 0, sliced, 32));
    const Buffer coded = f.encoded(smooth(f.grid, 5), 4096);
    Buffer levels(f.grid.elements());
    for (size_t size = 0; size < coded.size(); ++size) {
      CHECK_EQ(decode_streams(f.grid, f.model, Bytes(coded.data(), size), Bytes(), view(levels)), Status::kCoded);
    }
    Buffer longer = coded;
    longer.push_back(0);
    CHECK_EQ(decode_streams(f.grid, f.model, view(longer), Bytes(), view(levels)), Status::kCoded);
  }
}

TEST(what_is_damaged_is_refused_or_is_another_tensor_of_exactly_these_bytes) {
  Random random{1};
  for (const bool sliced : {false, true}) {
    const Fixture f(grid_of(4, 3, 5, 32), rich(3, 1, sliced, 32));
    const Buffer coded = f.encoded(smooth(f.grid, 6), 4096);
    for (size_t round = 0; round < 4000; ++round) {
      Buffer damaged = coded;
      for (size_t i = 0; i <= round % 3; ++i) {
        damaged[random.next() % damaged.size()] ^= static_cast<uint8_t>(1u << random.next() % 8);
      }
      Buffer levels(f.grid.elements());
      if (decode_streams(f.grid, f.model, view(damaged), Bytes(), view(levels)) != Status::kOk) {
        continue;
      }
      // Elements with these levels: to_level of 8 * level is level.
      for (uint8_t& level : levels) {
        level = static_cast<uint8_t>(level * 8);
      }
      CHECK(f.encoded(levels, 4096) == damaged);
    }
  }
}

TEST(a_state_that_no_encoder_leaves_is_refused) {
  const Fixture f(grid_of(1, 1, 1, 2), plain(2));
  Buffer levels(1);
  for (const uint32_t state : {0u, kRansLow - 1, kRansLow << 8, UINT32_MAX}) {
    Buffer coded(4);
    store_u32(coded.data(), state);
    CHECK_EQ(decode_streams(f.grid, f.model, view(coded), Bytes(), view(levels)), Status::kCoded);
  }
}

TEST(a_model_is_checked_as_a_whole) {
  const LevelGrid grid = grid_of(4, 3, 5, 32);
  const ModelSpec good = rich(3, 1, true, 32);
  CHECK_EQ(Fixture(grid, good).status, Status::kOk);
  const auto with = [&](auto change) {
    ModelSpec spec = good;
    change(spec);
    return Fixture(grid, spec).status;
  };
  CHECK_EQ(with([](ModelSpec& s) { s.prediction = 4; }), Status::kNumber);
  CHECK_EQ(with([](ModelSpec& s) { s.activity = 2; }), Status::kNumber);
  CHECK_EQ(with([](ModelSpec& s) { s.thresholds = {3, 1}; }), Status::kNumber);
  CHECK_EQ(with([](ModelSpec& s) { s.groups = 17; }), Status::kNumber);
  CHECK_EQ(with([](ModelSpec& s) { s.group_of[2] = 2; }), Status::kNumber);
  CHECK_EQ(with([](ModelSpec& s) { s.tables[1].offset = 32; }), Status::kNumber);
  CHECK_EQ(with([](ModelSpec& s) { s.tables[1].symbols = 33; }), Status::kNumber);
  CHECK_EQ(with([](ModelSpec& s) { s.tables[5].symbols = 0; }), Status::kNumber);
  CHECK_EQ(with([](ModelSpec& s) { s.tables[0].frequencies[3] += 1; }), Status::kNumber);
  CHECK_EQ(with([](ModelSpec& s) { s.tables.pop_back(); }), Status::kTruncated);
  const auto byte = [&](size_t at, uint8_t value) {
    ModelBlock block(good);
    block.data()[at] = value;
    RansModel model;
    size_t bytes = 0;
    return read_model(Bytes(block.data(), block.size()), grid, false, model, bytes);
  };
  CHECK_EQ(byte(1, 0), Status::kNumber);
  CHECK_EQ(byte(1, 5), Status::kNumber);
  CHECK_EQ(byte(4, 1), Status::kReserved);
  CHECK_EQ(byte(6, 2), Status::kNumber);
  CHECK_EQ(byte(13, 1), Status::kReserved);
  CHECK_EQ(byte(20, static_cast<uint8_t>(ModelBlock(good).data()[20] + 1)), Status::kNumber);  // a reciprocal
  for (size_t size = 0; size < ModelBlock(good).size(); ++size) {
    const ModelBlock block(good);
    RansModel model;
    size_t bytes = 0;
    CHECK_EQ(read_model(Bytes(block.data(), size), grid, false, model, bytes), Status::kTruncated);
  }
}

TEST(slices_need_channels_that_an_encoder_can_list) {
  ModelSpec spec = plain(2);
  spec.sliced = true;
  CHECK_EQ(Fixture(grid_of(1, 1, 256, 2), spec).status, Status::kOk);
  CHECK_EQ(Fixture(grid_of(1, 1, 257, 2), spec).status, Status::kNumber);
}
