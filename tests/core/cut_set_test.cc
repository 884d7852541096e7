// Cuts that a device has the memory for: plans with others, and a first cut that is none of them.
#include "session/cut_set.h"

#include "frame/message.h"
#include "line_device.h"

using namespace lines;

namespace {

constexpr uint8_t kTimed = kFlagTimings;

}  // namespace

TEST(a_cut_that_there_is_no_memory_for_is_not_obeyed) {
  struct Case {
    uint32_t cuts;
    uint16_t on_board;
    uint16_t planned;
    uint16_t taken;
  };
  for (const Case& one : {Case{0b100110, 5, 3, 5}, Case{0b100110, 5, 2, 2}, Case{0b000110, 5, 3, 2},
                          Case{0b001110, 4, 4, 3}, Case{0b001100, 4, 1, 2}}) {
    uint8_t bits[cut_set_bytes(kOperators)];
    LineDevice made(1);
    made.engine.cuts = one.cuts;
    SessionConfig config = line_config(2, 256, CodecId::kRaw);
    config.on_board = one.on_board;
    config.cuts = CutSet::of(&made.engine, one.on_board, MutableBytes(bits));
    LineDevice device(config);
    device.driver.received(bytes_of(plan_frame({7, one.planned, kFlagExploration | kTimed, 500})));
    device.driver.pump();
    REQUIRE(device.answers.plans.size() == 1);
    const Decision& plan = device.answers.plans[0];
    CHECK_EQ(plan.cut, one.taken);
    CHECK_EQ(plan.epoch, 7u);
    const bool obeyed = one.planned == one.taken;
    CHECK_EQ(plan.flags, static_cast<uint8_t>(obeyed ? kTimed | kFlagExploration : kTimed));
    CHECK_EQ(device.bench.session.counters().local.unfit_plans, obeyed ? 0u : 1u);
    CHECK_EQ(device.count(CounterId::kBadFrames), 0u);
    device.show(1);
    CHECK_EQ(device.settle().cut, one.taken);
  }
}

TEST(a_first_cut_that_there_is_no_memory_for_is_refused) {
  const uint8_t bits[] = {0b0110};
  SessionConfig config = line_config(0, 256, CodecId::kRaw);
  config.cuts = CutSet(Bytes(bits));
  SessionBench bench;
  uint8_t memory[256];
  uint32_t us[kOperators];
  Session session(bench.clock, {MutableBytes(memory), MutableBytes(memory), MutableBytes(memory), MutableBytes(memory),
                                Span<uint32_t>(us)});
  CHECK_EQ(session.begin(config), Status::kArgument);
  config.cut = config.cuts.instead_of(0, kOperators, kOperators);
  CHECK_EQ(config.cut, uint16_t{1});
  CHECK_EQ(session.begin(config), Status::kOk);
}

TEST(an_engine_of_whole_operators_takes_every_cut) {
  uint8_t bits[1];
  const CutSet cuts = CutSet::of(nullptr, 5, MutableBytes(bits));
  CHECK(cuts.has(0) && cuts.has(5) && cuts.has(60000));
  CHECK_EQ(cuts.instead_of(4, 5, 5), uint16_t{4});
}
