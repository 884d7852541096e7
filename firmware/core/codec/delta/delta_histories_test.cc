// Codec delta through every order of lost, late, repeated and refused frames.
#include <algorithm>
#include <deque>
#include <map>
#include <tuple>

#include "bytes.h"
#include "check.h"
#include "delta.h"
#include "delta_scenes.h"

using namespace cutpoint;
using check::Buffer;
using check::Coded;
using check::Random;
using check::Tables;
using check::encode;
using check::kElements;
using check::scene;
using check::view;

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
