// Codec delta: levels against a reference, and the memory of it through every order of lost, late, repeated and refused
// frames. That the bytes are those of docs/codecs.md, tests/codec/test_delta.py holds against NumPy.
#include "delta.h"

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>

#include "bytes.h"
#include "check.h"
#include "model_blocks.h"
#include "codec/rans/rans.h"

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
  uint32_t below(uint32_t count) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % count;
  }
  bool one_in(uint32_t count) { return below(count) == 0; }
};

ModelSpec model_spec(uint8_t prediction, uint8_t activity, uint16_t levels) {
  ModelSpec spec{prediction, activity, {1, 4}, {}, 1, false, {}};
  for (uint16_t i = 0; i < 3; ++i) {
    const uint16_t symbols = static_cast<uint16_t>(levels / 2 + i);
    spec.tables.push_back(TableSpec{symbols, static_cast<uint16_t>(symbols / 2), check::peaked(symbols + 1u)});
  }
  return spec;
}

// Tables of a tensor of 3 x 4 x 2: levels are elements without their low bits.
struct Tables {
  explicit Tables(uint16_t levels, uint16_t tolerance = 0)
      : key_block(model_spec(1, 0, levels)), change_block(model_spec(4, 2, levels)) {
    const uint16_t step = static_cast<uint16_t>(256 / levels);
    for (uint32_t i = 0; i < 256; ++i) {
      to_level.push_back(static_cast<uint8_t>((i ^ 0x80) / step));
    }
    for (uint32_t level = 0; level < levels; ++level) {
      to_value.push_back(static_cast<uint8_t>((level * step + step / 2) ^ 0x80));
    }
    tables.grid = LevelGrid{3, 4, 2, levels, static_cast<uint8_t>(levels / 2)};
    tables.dtype = DType::kInt8;
    tables.codec = CodecId::kDelta;
    tables.tolerance = tolerance;
    tables.mark = 0xBEEF;
    tables.to_level = to_level.data();
    tables.to_value = to_value.data();
    size_t bytes = 0;
    good = read_model(Bytes(key_block.data(), key_block.size()), tables.grid, false, tables.models[0], bytes) == Status::kOk &&
           read_model(Bytes(change_block.data(), change_block.size()), tables.grid, true, tables.models[1], bytes) ==
               Status::kOk;
  }

  ModelBlock key_block, change_block;
  Buffer to_level, to_value;
  TensorTables tables = {};
  bool good;
};

constexpr size_t kElements = 24;

Buffer scene(Random& random) {
  Buffer elements(kElements);
  for (uint8_t& element : elements) {
    element = static_cast<uint8_t>(random.below(40));
  }
  return elements;
}

Buffer levels_of_kept(Bytes kept) {
  Buffer levels(kept.begin(), kept.end());
  for (uint8_t& level : levels) {
    level ^= kKeptLevelBit;
  }
  return levels;
}

// A frame coded with its slot's reference, and the levels that its coding left in the candidate.
struct Coded {
  Buffer bytes;
  Buffer levels;
};

Coded encode(const Tables& tables, const DeltaSlot& slot, const Buffer& elements, size_t room = 256) {
  Buffer out(room);
  const size_t bytes = encode_delta(tables.tables, slot, view(elements), view(out));
  return {Buffer(out.end() - static_cast<std::ptrdiff_t>(bytes), out.end()), levels_of_kept(slot.candidate)};
}

}  // namespace

TEST(a_first_frame_is_a_key_frame_and_the_next_one_changes_against_it) {
  const Tables tables(32);
  REQUIRE(tables.good);
  Random random{1};
  Buffer elements = scene(random);
  Buffer room(2 * kElements);
  DeltaMemory memory(view(room));
  memory.begin(7, 1, 0xABCD);
  const Coded first = encode(tables, memory.slot(0, kElements), elements);
  CHECK_EQ(delta_age(view(first.bytes)), 0);
  memory.acknowledged(7);

  elements[5] ^= 0x10;
  memory.begin(9, 1, 0xABCD);
  CHECK_EQ(memory.age(9), 2);
  const Coded second = encode(tables, memory.slot(0, kElements), elements);
  CHECK_EQ(delta_age(view(second.bytes)), 2);
  CHECK(second.bytes.size() < first.bytes.size());

  Buffer levels(kElements);
  CHECK_EQ(decode_delta(tables.tables, view(second.bytes), view(first.levels), view(levels)), Status::kOk);
  CHECK(levels == second.levels);
  for (size_t i = 0; i < kElements; ++i) {
    CHECK_EQ(levels[i], tables.to_level[elements[i]]);
  }
}

TEST(a_change_without_its_reference_is_told) {
  const Tables tables(32);
  Random random{2};
  const Buffer elements = scene(random);
  Buffer reference(kElements, 0x80), candidate(kElements);
  const Coded coded = encode(tables, DeltaSlot{view(reference), view(candidate), 3}, elements);
  Buffer changes = coded.bytes;
  changes[2] = 3;
  Buffer levels(kElements);
  CHECK_EQ(decode_delta(tables.tables, view(changes), Bytes(), view(levels)), Status::kReference);
  const Buffer impossible(kElements, 32);
  CHECK_EQ(decode_delta(tables.tables, view(changes), view(impossible), view(levels)), Status::kReference);
  CHECK_EQ(decode_delta(tables.tables, Bytes(), Bytes(), view(levels)), Status::kCoded);
}

TEST(an_element_within_the_tolerance_keeps_its_reference_level) {
  const Tables tables(32, 6);
  Random random{3};
  const Buffer elements = scene(random);
  for (int apart = -12; apart <= 12; ++apart) {
    // The reference: what its own level would be for elements `apart` lower.
    Buffer reference(kElements), candidate(kElements);
    for (size_t i = 0; i < kElements; ++i) {
      const int before = static_cast<int8_t>(elements[i]) - apart;
      reference[i] = tables.to_level[static_cast<uint8_t>(before)] ^ kKeptLevelBit;
    }
    const Coded coded = encode(tables, DeltaSlot{view(reference), view(candidate), 1}, elements);
    REQUIRE(!coded.bytes.empty());
    for (size_t i = 0; i < kElements; ++i) {
      const uint8_t old = reference[i] ^ kKeptLevelBit;
      const int known = static_cast<int8_t>(tables.to_value[old]);
      const bool near = std::abs(static_cast<int8_t>(elements[i]) - known) <= 6;
      const bool key = coded.bytes[2] == 0;
      CHECK_EQ(coded.levels[i], near && !key ? old : tables.to_level[elements[i]]);
    }
    Buffer levels(kElements);
    CHECK_EQ(decode_delta(tables.tables, view(coded.bytes), view(levels_of_kept(view(reference))), view(levels)),
             Status::kOk);
    CHECK(levels == coded.levels);
  }
}

TEST(what_does_not_fit_leaves_the_levels_of_the_raw_tensor) {
  const Tables tables(32, 20);
  Random random{4};
  const Buffer elements = scene(random);
  Buffer reference(kElements, 0x85), candidate(kElements);
  for (size_t room = 0; room < 200; ++room) {
    Buffer guarded(room + 2, 0xEE);
    const size_t bytes = encode_delta(tables.tables, DeltaSlot{view(reference), view(candidate), 1}, view(elements),
                                      view(guarded).slice(1, room));
    CHECK_EQ(guarded[0], 0xEE);
    CHECK_EQ(guarded[room + 1], 0xEE);
    const Buffer levels = levels_of_kept(view(candidate));
    if (bytes == 0) {
      for (size_t i = 0; i < kElements; ++i) {
        CHECK_EQ(levels[i], tables.to_level[elements[i]]);
      }
      continue;
    }
    Buffer decoded(kElements);
    const Bytes coded(guarded.data() + 1 + room - bytes, bytes);
    CHECK_EQ(decode_delta(tables.tables, coded, view(levels_of_kept(view(reference))), view(decoded)), Status::kOk);
    CHECK(decoded == levels);
  }
}

TEST(another_scene_goes_as_a_key_frame_where_that_is_smaller) {
  const Tables tables(32);
  Buffer flat(kElements, 0), reference(kElements), candidate(kElements);
  Random random{5};
  for (uint8_t& level : reference) {
    level = static_cast<uint8_t>(random.below(32)) ^ kKeptLevelBit;
  }
  const Coded coded = encode(tables, DeltaSlot{view(reference), view(candidate), 1}, flat);
  CHECK_EQ(delta_age(view(coded.bytes)), 0);
  Buffer none;
  const Coded key = encode(tables, DeltaSlot{Bytes(), view(candidate), 0}, flat);
  CHECK(coded.bytes == key.bytes);
}

TEST(only_the_candidate_that_was_acknowledged_becomes_the_reference) {
  Buffer room(2 * kElements);
  DeltaMemory memory(view(room));
  const auto send = [&](uint32_t sequence, uint8_t mark, uint8_t setting = 1) {
    memory.begin(sequence, setting, 5);
    const DeltaSlot slot = memory.slot(0, kElements);
    std::fill(slot.candidate.begin(), slot.candidate.end(), mark);
    return slot;
  };
  CHECK_EQ(send(1, 11).age, 0);
  CHECK_EQ(send(2, 22).age, 0);
  memory.acknowledged(1);  // late
  CHECK_EQ(send(3, 33).age, 0);
  memory.acknowledged(3);
  memory.acknowledged(3);  // twice
  CHECK_EQ(memory.age(4), 1);
  DeltaSlot slot = send(4, 44);
  CHECK_EQ(slot.age, 1);
  CHECK_EQ(slot.reference[0], 33);
  slot = send(5, 55);  // the 4 before it was lost
  CHECK_EQ(slot.age, 2);
  CHECK_EQ(slot.reference[kElements - 1], 33);
  CHECK_EQ(send(6, 66, 2).age, 0);  // another setting
  slot = send(7, 77);
  CHECK_EQ(slot.age, 4);
  CHECK_EQ(slot.reference[0], 33);
  memory.begin(3 + 256, 1, 5);
  CHECK_EQ(memory.slot(0, kElements).age, 0);
  memory.begin(8, 1, 6);  // another version
  CHECK_EQ(memory.slot(0, kElements).age, 0);
  memory.forget();
  CHECK_EQ(send(9, 99).age, 0);
}

TEST(tensors_of_a_cut_share_the_memory_and_what_has_no_room_goes_as_key_frames) {
  Buffer room(2 * 30);
  DeltaMemory memory(view(room));
  for (uint32_t sequence = 1; sequence < 4; ++sequence) {
    memory.begin(sequence, 1, 5);
    const DeltaSlot first = memory.slot(0, 10);
    const DeltaSlot second = memory.slot(10, 20);
    const DeltaSlot third = memory.slot(30, 1);
    CHECK_EQ(first.candidate.size(), size_t{10});
    CHECK_EQ(second.candidate.size(), size_t{20});
    CHECK_EQ(third.candidate.size(), size_t{0});
    CHECK_EQ(first.age, sequence == 1 ? 0 : 1);
    CHECK_EQ(second.reference.size(), sequence == 1 ? size_t{0} : size_t{20});
    CHECK_EQ(third.age, 0);
    memory.acknowledged(sequence);
  }
  DeltaMemory none;
  none.begin(1, 1, 5);
  CHECK(none.slot(0, 1).candidate.empty());
  none.acknowledged(1);
  CHECK_EQ(none.slot(0, 1).age, 0);
}

TEST(a_tensor_that_was_skipped_is_no_reference) {
  Buffer room(2 * 30);
  DeltaMemory memory(view(room));
  memory.begin(1, 1, 5);
  CHECK(!memory.slot(0, 10).candidate.empty());
  memory.acknowledged(1);
  memory.begin(2, 1, 5);
  CHECK_EQ(memory.slot(0, 10).age, 1);
  CHECK_EQ(memory.slot(10, 20).age, 0);
  memory.acknowledged(2);
  memory.begin(3, 1, 5);
  CHECK(memory.slot(10, 20).candidate.empty());  // what lies before it was not written
}

namespace {

// The edge of the histories: it remembers the levels of a few frames, and forgets the eldest.
class Edge {
 public:
  using Key = std::tuple<uint32_t, uint8_t, uint32_t>;  // boot, setting, sequence

  // The levels, or none where it refuses the frame.
  Buffer take(const Tables& tables, uint32_t boot, uint8_t setting, uint32_t sequence, const Buffer& bytes) {
    const auto known = frames_.find({boot, setting, sequence - delta_age(view(bytes))});
    Buffer levels(kElements);
    const Bytes reference = known == frames_.end() ? Bytes() : view(known->second);
    if (decode_delta(tables.tables, view(bytes), reference, view(levels)) != Status::kOk) {
      return {};
    }
    if (frames_.insert({{boot, setting, sequence}, levels}).second) {
      order_.push_back({boot, setting, sequence});
    }
    if (order_.size() > 4) {
      frames_.erase(order_.front());
      order_.pop_front();
    }
    return levels;
  }
  void restart() {
    frames_.clear();
    order_.clear();
  }

 private:
  std::map<Key, Buffer> frames_;
  std::deque<Key> order_;
};

struct Sent {
  uint32_t boot;
  uint8_t setting;
  uint32_t sequence;
  Coded coded;
};

struct Told {
  uint32_t boot;
  uint32_t sequence;
  bool good;
};

struct Counts {
  size_t decoded = 0, changes = 0, refused = 0;
};

// One life of a device, an edge, and a network that loses, delays, reorders and repeats in both directions, drawn from a
// seed. Whatever the edge decodes must be what the device coded.
void play(uint32_t seed, const std::vector<const Tables*>& settings, Counts& counts) {
  Random random{seed};
  const uint32_t trouble = 2 + random.below(6);  // one event in so many goes wrong
  Buffer room(2 * kElements);
  DeltaMemory memory(view(room));
  Edge edge;
  std::vector<Sent> up;
  std::vector<Told> down;
  uint32_t boot = 1;
  uint32_t sequence = UINT32_MAX - random.below(30);  // the numbers run over
  Buffer elements = scene(random);
  const auto deliver_up = [&](size_t at, bool keep) {
    const Sent frame = up[at];
    if (!keep) {
      up.erase(up.begin() + static_cast<std::ptrdiff_t>(at));
    }
    const Buffer levels = edge.take(*settings[frame.setting - 1u], frame.boot, frame.setting, frame.sequence,
                                    frame.coded.bytes);
    CHECK(levels.empty() || levels == frame.coded.levels);
    counts.decoded += levels.empty() ? 0 : 1;
    counts.changes += !levels.empty() && frame.coded.bytes[2] != 0 ? 1 : 0;
    counts.refused += levels.empty() ? 1 : 0;
    down.push_back({frame.boot, frame.sequence, !levels.empty()});
  };
  for (size_t step = 0; step < 120; ++step) {
    if (random.one_in(3 * trouble)) {
      edge.restart();
    }
    if (random.one_in(8 * trouble)) {
      memory = DeltaMemory(view(room));
      ++boot;
    }
    for (uint32_t moved = random.below(4); moved-- != 0;) {
      elements[random.below(kElements)] = static_cast<uint8_t>(random.below(40));
    }
    const uint8_t setting = static_cast<uint8_t>(1 + (random.one_in(trouble) ? random.below(2) : 0));
    ++sequence;
    memory.begin(sequence, setting, 77);
    const DeltaSlot slot = memory.slot(0, kElements);
    // Now and then there is no room for the coded form: the tensor goes raw, and both ends know its own levels.
    Coded coded = encode(*settings[setting - 1u], slot, elements, random.one_in(4 * trouble) ? 3 : 256);
    if (!coded.bytes.empty()) {
      up.push_back({boot, setting, sequence, coded});
    }
    while (!up.empty() && random.below(3) != 0) {
      const size_t at = random.one_in(trouble) ? random.below(static_cast<uint32_t>(up.size())) : 0;
      if (random.one_in(trouble)) {
        up.erase(up.begin() + static_cast<std::ptrdiff_t>(at));
      } else {
        deliver_up(at, random.one_in(trouble));
      }
    }
    while (!down.empty() && random.below(3) != 0) {
      const size_t at = random.one_in(trouble) ? random.below(static_cast<uint32_t>(down.size())) : 0;
      const Told told = down[at];
      if (!random.one_in(trouble)) {
        down.erase(down.begin() + static_cast<std::ptrdiff_t>(at));
      }
      if (told.boot != boot || random.one_in(trouble)) {
        continue;
      }
      if (told.good) {
        memory.acknowledged(told.sequence);
      } else {
        memory.forget();
      }
    }
    if (up.size() > 6) {
      up.erase(up.begin());
    }
    if (down.size() > 6) {
      down.erase(down.begin());
    }
  }
  // The trouble ends. A refusal at most, and then every frame is understood, and changes are sent again.
  up.clear();
  down.clear();
  size_t refused = 0;
  size_t changes = 0;
  for (size_t step = 0; step < 6; ++step) {
    ++sequence;
    memory.begin(sequence, 1, 77);
    const Coded coded = encode(*settings[0], memory.slot(0, kElements), elements);
    const Buffer levels = edge.take(*settings[0], boot, 1, sequence, coded.bytes);
    CHECK(levels.empty() || levels == coded.levels);
    refused += levels.empty() ? 1 : 0;
    changes += coded.bytes[2] != 0 ? 1 : 0;
    if (levels.empty()) {
      memory.forget();
    } else {
      memory.acknowledged(sequence);
    }
  }
  CHECK(refused <= 1);
  CHECK(changes >= 4);
}

}  // namespace

TEST(whatever_is_lost_late_repeated_or_refused_a_decoder_never_has_other_levels_than_the_encoder) {
  const Tables exact(32);
  const Tables tolerant(16, 9);
  REQUIRE(exact.good && tolerant.good);
  Counts counts;
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    play(seed, {&exact, &tolerant}, counts);
  }
  // The histories reach what they are about.
  CHECK(counts.decoded > 10000);
  CHECK(counts.changes > 2000);
  CHECK(counts.refused > 500);
}
