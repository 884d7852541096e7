// The engine's schedule and memory, with kernels that are sums of lines: blur (3 lines, padded) and plus (two inputs).
#include "stream/engine.h"

#include <string>

#include "check.h"
#include "plan_bytes.h"
#include "stream/check.h"

using namespace cutpoint;
using namespace cutpoint::stream;

namespace {

constexpr uint16_t kRows = 10;
constexpr uint16_t kWidth = 6;
constexpr uint8_t kBlur = 90;
constexpr uint8_t kPlus = 91;

std::string trace;  // an operator's kind a unit

bool any_shapes(const Shapes&) { return true; }

void blur(const Unit& unit) {
  trace += 'b';
  int8_t* to = unit.outputs[0].made(unit.unit);
  for (uint32_t x = 0; x < kWidth; ++x) {
    int sum = 1;
    for (int row = static_cast<int>(unit.unit) - 1; row <= static_cast<int>(unit.unit) + 1; ++row) {
      sum += row < 0 || row >= kRows ? 0 : unit.inputs[0].row(static_cast<uint32_t>(row))[x];
    }
    to[x] = static_cast<int8_t>(sum);
  }
}

void plus(const Unit& unit) {
  trace += '+';
  int8_t* to = unit.outputs[0].made(unit.unit);
  for (uint32_t x = 0; x < kWidth; ++x) {
    to[x] = static_cast<int8_t>(unit.inputs[0].row(unit.unit)[x] + 2 * unit.inputs[1].row(unit.unit)[x]);
  }
}

const Kernel* kernel_of(uint8_t kind) {
  static const Kernel kBlurKernel = {any_shapes, blur};
  static const Kernel kPlusKernel = {any_shapes, plus};
  return kind == kBlur ? &kBlurKernel : kind == kPlus ? &kPlusKernel : nullptr;
}

ReadRule same_row(uint16_t tensor) { return {tensor, 0, 1, 1, 0, 1}; }
ReadRule three_rows(uint16_t tensor) { return {tensor, 0, 1, 1, -1, 2}; }

// input -> blur -> blur -> plus(with the input's first blur) -> blur: a residual branch, and two readers of a tensor.
HandPlan residual() {
  HandPlan plan;
  for (int i = 0; i < 5; ++i) {
    plan.tensor(kRows, kWidth, 1);
  }
  plan.fed_lines = {3};
  plan.ops = {{kBlur, {three_rows(0)}, {1}, kRows},
              {kBlur, {three_rows(1)}, {2}, kRows},
              {kPlus, {same_row(1), same_row(2)}, {3}, kRows},
              {kBlur, {three_rows(3)}, {4}, kRows}};
  plan.layouts = {{{3, 1, 3, kRows}, {0}},
                  {{kRows, 1, 3, kRows}, {1}},
                  {{kRows, kRows, 3, kRows}, {1, 2}},
                  {{3, 1, kRows, kRows}, {3}},
                  {{3, 1, 3, kRows}, {4}}};
  return plan;
}

std::vector<int8_t> picture() {
  std::vector<int8_t> values(kRows * kWidth);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int8_t>(i * 5 % 23 - 7);
  }
  return values;
}

// The same network over whole tensors, by itself.
std::vector<std::vector<int8_t>> whole() {
  std::vector<std::vector<int8_t>> made = {picture()};
  const auto blurred = [](const std::vector<int8_t>& in) {
    std::vector<int8_t> out(in.size());
    for (int row = 0; row < kRows; ++row) {
      for (int x = 0; x < kWidth; ++x) {
        int sum = 1;
        for (int near = row - 1; near <= row + 1; ++near) {
          sum += near < 0 || near >= kRows ? 0 : in[static_cast<size_t>(near * kWidth + x)];
        }
        out[static_cast<size_t>(row * kWidth + x)] = static_cast<int8_t>(sum);
      }
    }
    return out;
  };
  made.push_back(blurred(made[0]));
  made.push_back(blurred(made[1]));
  std::vector<int8_t> sum(made[1].size());
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] = static_cast<int8_t>(made[1][i] + 2 * made[2][i]);
  }
  made.push_back(sum);
  made.push_back(blurred(sum));
  return made;
}

class Lines3 final : public LineSource {
 public:
  bool line(size_t input, uint16_t row, MutableBytes to) override {
    order_is_right = order_is_right && input == 0 && row == given;
    if (late) {
      late = false;
      return false;
    }
    const std::vector<int8_t> all = picture();
    std::memcpy(to.data(), all.data() + row * kWidth, kWidth);
    ++given;
    late = make_wait;
    return true;
  }
  uint16_t given = 0;
  bool make_wait = false;
  bool late = false;
  bool order_is_right = true;
};

class TickingClock final : public Clock {
 public:
  uint64_t now_us() override { return ++now_; }

 private:
  uint64_t now_ = 0;
};

// An engine with all that it needs; the memory ends where it should.
class Rig {
 public:
  explicit Rig(const HandPlan& hand, LineSource* source = nullptr, size_t block = 0) : file_(hand.make()) {
    REQUIRE(check_plan(bytes_of(file_), nullptr, kernel_of) == PlanFault::kNone);
    plan = Plan(bytes_of(file_).data());
    for (uint16_t cut = 0; cut <= plan.header().on_board && block == 0; ++cut) {
      const size_t bytes = block_bytes(plan, cut, true);
      most_ = bytes > most_ ? bytes : most_;
    }
    block_.assign(((block == 0 ? most_ : block) + 7) / 8, 0x5555555555555555u);
    picture_.assign((picture_bytes(plan, source != nullptr) + 7) / 8, 0);
    loaded = engine.load(plan, MutableBytes(reinterpret_cast<uint8_t*>(block_.data()), block == 0 ? most_ : block),
                         MutableBytes(reinterpret_cast<uint8_t*>(picture_.data()), picture_.size() * 8), source, &clock_,
                         kernel_of);
    if (loaded && source == nullptr) {
      const std::vector<int8_t> all = picture();
      std::memcpy(engine.input(0).data(), all.data(), all.size());
    }
  }

  bool run(uint16_t first, uint16_t last) {
    us.assign(4, 0);
    return engine.run(first, last, Span<uint32_t>(us.data(), us.size()));
  }
  bool holds(uint16_t cut, const std::vector<uint16_t>& tensors) {
    TensorView live[4];
    size_t count = 0;
    if (!engine.live(cut, Span<TensorView>(live), count) || count != tensors.size()) {
      return false;
    }
    for (size_t i = 0; i < count; ++i) {
      const std::vector<int8_t> expected = whole()[tensors[i]];
      if (live[i].index != 100 + tensors[i] || live[i].fill != -3 || live[i].data.size() != expected.size() ||
          std::memcmp(live[i].data.data(), expected.data(), expected.size()) != 0) {
        return false;
      }
    }
    return true;
  }

  Plan plan;
  StreamEngine engine;
  bool loaded = false;
  std::vector<uint32_t> us;

 private:
  std::vector<uint64_t> file_;
  std::vector<uint64_t> block_;
  std::vector<uint64_t> picture_;
  TickingClock clock_;
  size_t most_ = 0;
};

const std::vector<uint16_t> kLive[] = {{0}, {1}, {1, 2}, {3}, {4}};

}  // namespace

TEST(every_head_leaves_the_live_tensors_of_its_cut_and_can_be_gone_on_from) {
  Rig rig(residual());
  REQUIRE(rig.loaded);
  for (uint16_t cut = 0; cut <= 4; ++cut) {
    CHECK(rig.engine.can_cut(cut));
    REQUIRE(rig.run(0, cut));
    CHECK(rig.holds(cut, kLive[cut]));
    REQUIRE(rig.run(cut, 4));
    CHECK(rig.holds(4, {4}));
  }
}

TEST(the_deepest_operator_that_can_run_makes_the_next_line) {
  Rig rig(residual());
  trace.clear();
  REQUIRE(rig.run(0, 4));
  // Two lines of the first blur before the second can begin; no line earlier than somebody needs it.
  CHECK_EQ(trace.substr(0, 9), std::string("bbb+bb+bb"));
  CHECK_EQ(trace.size(), size_t{4 * kRows});
}

TEST(times_of_lines_add_up_to_those_of_operators) {
  Rig rig(residual());
  REQUIRE(rig.run(0, 4));
  for (const uint32_t us : rig.us) {
    CHECK_EQ(us, uint32_t{kRows});
  }
}

TEST(fed_lines_are_asked_for_in_order_and_only_when_they_are_needed) {
  Lines3 source;
  Rig rig(residual(), &source);
  REQUIRE(rig.loaded);
  CHECK_EQ(rig.engine.input(0).size(), size_t{3 * kWidth});
  REQUIRE(rig.engine.begin(0, 4));
  REQUIRE(rig.engine.advance() == Step::kMore);
  CHECK_EQ(source.given, 1);
  CHECK(!rig.engine.can_cut(0));
  for (uint16_t cut = 1; cut <= 4; ++cut) {
    source.given = 0;
    REQUIRE(rig.run(0, cut));
    CHECK(rig.holds(cut, kLive[cut]));
    CHECK_EQ(source.given, kRows);
    REQUIRE(rig.run(cut, 4));
    CHECK(rig.holds(4, {4}));
  }
  CHECK(source.order_is_right);
}

TEST(a_line_that_has_not_come_is_waited_for) {
  Lines3 source;
  source.make_wait = true;
  Rig rig(residual(), &source);
  REQUIRE(rig.engine.begin(0, 4));
  int waits = 0;
  Step step = Step::kMore;
  while (step == Step::kMore || step == Step::kWaiting) {
    step = rig.engine.advance();
    waits += step == Step::kWaiting;
  }
  CHECK(step == Step::kDone);
  CHECK_EQ(waits, kRows - 1);
  CHECK(rig.holds(4, {4}));
}

TEST(what_is_said_to_be_ready_is_final) {
  Rig rig(residual());
  REQUIRE(rig.engine.begin(0, 2));
  size_t before[2] = {0, 0};
  Step step = Step::kMore;
  while (step == Step::kMore) {
    TensorView live[4];
    size_t count = 0;
    REQUIRE(rig.engine.live(2, Span<TensorView>(live), count));
    for (size_t i = 0; i < 2; ++i) {
      const size_t ready = rig.engine.ready(i);
      CHECK(ready >= before[i] && ready <= kRows * kWidth);
      const std::vector<int8_t> expected = whole()[kLive[2][i]];
        CHECK(std::memcmp(live[i].data.data(), expected.data(), ready) == 0);
      before[i] = ready;
    }
    step = rig.engine.advance();
  }
  CHECK(step == Step::kDone);
  CHECK_EQ(rig.engine.ready(0) + rig.engine.ready(1), size_t{2 * kRows * kWidth});
  CHECK_EQ(rig.engine.ready(2), size_t{0});
}

TEST(ranges_that_would_make_tensors_whole_and_ranges_out_of_order_are_refused) {
  Rig rig(residual());
  CHECK(!rig.run(1, 4));
  REQUIRE(rig.run(0, 2));
  CHECK(!rig.run(1, 4));
  CHECK(!rig.run(2, 3));
  CHECK(!rig.run(0, 5));
  TensorView live[4];
  size_t count = 0;
  CHECK(!rig.engine.live(3, Span<TensorView>(live), count));
  CHECK(!rig.engine.live(2, Span<TensorView>(live, 1), count));
  CHECK(rig.engine.input(1).empty());
}

TEST(a_block_for_the_whole_network_takes_the_cuts_that_fit_into_it) {
  Rig all(residual());
  Rig rig(residual(), nullptr, block_bytes(all.plan, 4, true));
  REQUIRE(rig.loaded);
  CHECK(!rig.engine.can_cut(2));
  CHECK(!rig.run(0, 2));
  CHECK(rig.engine.can_cut(4) && rig.run(0, 4) && rig.holds(4, {4}));
  Rig small(residual(), nullptr, block_bytes(all.plan, 4, true) - 1);
  CHECK(!small.loaded);
}

TEST(a_plan_with_too_few_lines_fails_and_ends) {
  HandPlan hand = residual();
  hand.layouts[4].lines[0] = 1;
  Rig rig(hand);
  CHECK(!rig.run(0, 4));
  CHECK(rig.run(0, 3));
}

namespace {

// The file with one change and a right checksum, as the checker sees it.
template <typename Change>
PlanFault changed(Change change, bool seal = true) {
  std::vector<uint64_t> file = residual().make();
  uint8_t* bytes = reinterpret_cast<uint8_t*>(file.data());
  const size_t size = load_u32(bytes + 8);
  change(bytes, *reinterpret_cast<PlanHeader*>(bytes));
  if (seal) {
    HandPlan::seal(bytes, size);
  }
  const ModelId model = {{1, 2, 3, 4}};
  return check_plan(Bytes(bytes, size), &model, kernel_of);
}

OperatorRecord& op_of(uint8_t* bytes, size_t i) { return const_cast<OperatorRecord&>(Plan(bytes).op(i)); }
TensorRecord& tensor_of(uint8_t* bytes, size_t i) { return const_cast<TensorRecord&>(Plan(bytes).tensor(i)); }
LayoutRecord& layout_of(uint8_t* bytes, size_t i) { return const_cast<LayoutRecord&>(Plan(bytes).layout(i)); }
ReadRule& rule_of(uint8_t* bytes, size_t i) { return const_cast<ReadRule&>(op_of(bytes, i).rules()[0]); }

}  // namespace

TEST(a_plan_that_is_not_whole_or_not_ours_is_refused) {
  CHECK(changed([](uint8_t*, PlanHeader&) {}) == PlanFault::kNone);
  CHECK(changed([](uint8_t* b, PlanHeader&) { b[0] = 'X'; }) == PlanFault::kMagic);
  CHECK(changed([](uint8_t*, PlanHeader& h) { h.version = 2; }) == PlanFault::kVersion);
  CHECK(changed([](uint8_t*, PlanHeader& h) { ++h.plan_bytes; }) == PlanFault::kTruncated);
  CHECK(changed([](uint8_t* b, PlanHeader&) { b[60] ^= 1; }, false) == PlanFault::kCrc);
  CHECK(changed([](uint8_t*, PlanHeader& h) { h.model[3] = 9; }) == PlanFault::kModel);
  const std::vector<uint64_t> file = residual().make();
  CHECK(check_plan(bytes_of(file).first(20), nullptr, kernel_of) == PlanFault::kTruncated);
  CHECK(check_plan(bytes_of(file).first(bytes_of(file).size() - 4), nullptr, kernel_of) == PlanFault::kTruncated);
  std::vector<uint8_t> odd(bytes_of(file).size() + 16);
  const size_t shift = 9 - reinterpret_cast<uintptr_t>(odd.data()) % 8;
  std::memcpy(odd.data() + shift, bytes_of(file).data(), bytes_of(file).size());
  CHECK(check_plan(Bytes(odd.data() + shift, bytes_of(file).size()), nullptr, kernel_of) == PlanFault::kAlignment);
}

TEST(counts_and_tables_that_cannot_be_are_refused) {
  CHECK(changed([](uint8_t*, PlanHeader& h) { h.on_board = 0; }) == PlanFault::kCounts);
  CHECK(changed([](uint8_t*, PlanHeader& h) { h.inputs = 5; }) == PlanFault::kCounts);
  CHECK(changed([](uint8_t*, PlanHeader& h) { h.tensors = 1; }) == PlanFault::kCounts);
  CHECK(changed([](uint8_t*, PlanHeader& h) { h.operators = 3; }) == PlanFault::kCounts);
  CHECK(changed([](uint8_t*, PlanHeader& h) { h.operators_at = h.plan_bytes - 4; }) == PlanFault::kPlace);
  CHECK(changed([](uint8_t*, PlanHeader& h) { h.layouts_at += 2; }) == PlanFault::kPlace);
  CHECK(changed([](uint8_t*, PlanHeader& h) { h.readers_at = 0xFFFFFFF0u; }) == PlanFault::kPlace);
  CHECK(changed([](uint8_t* b, PlanHeader&) { tensor_of(b, 2).rows = 0; }) == PlanFault::kTensor);
  CHECK(changed([](uint8_t* b, PlanHeader&) { tensor_of(b, 2).channels = 0x80000000u; }) == PlanFault::kTensor);
  CHECK(changed([](uint8_t* b, PlanHeader&) { tensor_of(b, 2).dtype = 99; }) == PlanFault::kTensor);
}

TEST(operators_that_cannot_be_are_refused) {
  CHECK(changed([](uint8_t* b, PlanHeader&) { op_of(b, 1).kind = 200; }) == PlanFault::kKind);
  CHECK(changed([](uint8_t* b, PlanHeader&) { op_of(b, 1).inputs = 200; }) == PlanFault::kOperand);
  CHECK(changed([](uint8_t* b, PlanHeader&) { op_of(b, 3).params = 0x10000000u; }) == PlanFault::kPlace);
  CHECK(changed([](uint8_t* b, PlanHeader&) { op_of(b, 1).units = 0; }) == PlanFault::kRule);
  CHECK(changed([](uint8_t* b, PlanHeader&) { op_of(b, 1).units = kRows + 1; }) == PlanFault::kRule);
  CHECK(changed([](uint8_t* b, PlanHeader&) { rule_of(b, 1).tensor = 2; }) == PlanFault::kOperand);
  CHECK(changed([](uint8_t* b, PlanHeader&) { rule_of(b, 1).tensor = 0; }) == PlanFault::kOperand);
  CHECK(changed([](uint8_t* b, PlanHeader&) { rule_of(b, 1).den = 0; }) == PlanFault::kRule);
  CHECK(changed([](uint8_t* b, PlanHeader&) { rule_of(b, 1).num = 0x7FFFFFFF; }) == PlanFault::kRule);
  CHECK(changed([](uint8_t* b, PlanHeader&) { rule_of(b, 1).lo = 5; }) == PlanFault::kRule);
}

TEST(memory_that_cannot_be_is_refused) {
  CHECK(changed([](uint8_t* b, PlanHeader&) { layout_of(b, 4).head_bytes -= 4; }) == PlanFault::kLayout);
  CHECK(changed([](uint8_t* b, PlanHeader&) { layout_of(b, 3).block_bytes = 0x7FFFFFFF; }) == PlanFault::kLayout);
  CHECK(changed([](uint8_t* b, PlanHeader&) { layout_of(b, 3).entries_at = 0xFFFFFFF0u; }) == PlanFault::kLayout);
  CHECK(changed([](uint8_t* b, PlanHeader&) { layout_of(b, 3).live = 1000; }) == PlanFault::kLayout);
  const auto entry = [](uint8_t* b, size_t cut, size_t tensor) -> LayoutEntry& {
    return const_cast<LayoutEntry&>(Plan(b).entry(Plan(b).layout(cut), tensor));
  };
  CHECK(changed([&](uint8_t* b, PlanHeader&) { entry(b, 4, 1).lines = 0; }) == PlanFault::kLayout);
  CHECK(changed([&](uint8_t* b, PlanHeader&) { entry(b, 4, 1).lines = kRows + 1; }) == PlanFault::kLayout);
  CHECK(changed([&](uint8_t* b, PlanHeader&) { entry(b, 4, 1).at = 0xFFFFFFFCu; }) == PlanFault::kLayout);
  CHECK(changed([&](uint8_t* b, PlanHeader&) { entry(b, 4, 1).at += 2; }) == PlanFault::kLayout);
  // A live tensor that is no longer whole.
  CHECK(changed([&](uint8_t* b, PlanHeader&) { entry(b, 4, 4).lines = 3; }) == PlanFault::kLayout);
}
