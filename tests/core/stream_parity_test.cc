// The self-test of plugged-in kernels: what makes other bytes is found, wherever it does.
#include "stream/parity.h"

#include "check.h"
#include "plan_bytes.h"
#include "stream/check.h"

using namespace cutpoint;
using namespace cutpoint::stream;

namespace {

constexpr uint16_t kRows = 20;
constexpr uint16_t kWidth = 9;
constexpr uint8_t kTableKind = static_cast<uint8_t>(OperatorKind::kTable);
constexpr uint8_t kSoftmaxKind = static_cast<uint8_t>(OperatorKind::kSoftmax);

// Two tables, one after the other, with a ring of 3 lines between them; the first turns bytes around, the second adds 1.
std::vector<uint64_t> two_tables() {
  HandPlan plan;
  for (int i = 0; i < 3; ++i) {
    plan.tensor(kRows, kWidth, 2);
  }
  std::vector<uint8_t> turn(256), add(256);
  for (int i = 0; i < 256; ++i) {
    turn[static_cast<size_t>(i)] = static_cast<uint8_t>(255 - i);
    add[static_cast<size_t>(i)] = static_cast<uint8_t>(i + 1);
  }
  plan.fed_lines = {2};
  plan.ops = {{kTableKind, {{0, 0, 1, 1, 0, 1}}, {1}, kRows, 1, {}, turn},
              {kTableKind, {{1, 0, 1, 1, 0, 1}}, {2}, kRows, 1, {}, add}};
  plan.layouts = {{{3, kRows}, {0}}, {{kRows, kRows}, {1}}, {{3, kRows}, {2}}};
  return plan.make();
}

void table_line(const Unit& unit, uint8_t wrong) {
  const uint8_t* from = unit.inputs[0].at(unit.unit);
  uint8_t* to = unit.outputs[0].at(unit.unit);
  for (uint32_t i = 0; i < unit.inputs[0].row_bytes; ++i) {
    to[i] = static_cast<uint8_t>(unit.op.blob()[from[i]] ^ (i == 5 ? wrong : 0));
  }
}
bool any_shapes(const Shapes&) { return true; }
const Kernel kRight = {any_shapes, [](const Unit& unit) { table_line(unit, 0); }};
const Kernel kWrongAtTheEnd = {any_shapes, [](const Unit& unit) { table_line(unit, unit.unit == kRows - 1); }};
const Kernel kWrongInTheMiddle = {any_shapes, [](const Unit& unit) { table_line(unit, unit.unit == kRows / 2); }};
// Right for the table that turns bytes around, wrong for the other.
const Kernel kWrongForOne = {any_shapes, [](const Unit& unit) { table_line(unit, unit.op.blob()[0] == 1); }};
const Kernel kWritesTooMuch = {any_shapes, [](const Unit& unit) {
                                 table_line(unit, 0);
                                 *unit.outputs[0].at(unit.unit + 1) ^= 1;
                               }};

const Kernel* plugged_kernel;
const Kernel* plugged(uint8_t kind) { return kind == kTableKind ? plugged_kernel : portable_kernel(kind); }

struct Tested {
  Tested() : bytes(two_tables()), plan(reinterpret_cast<const uint8_t*>(bytes.data())), scratch(128) {
    CHECK(check_plan(bytes_of(bytes)) == PlanFault::kNone);
  }
  MutableBytes memory() { return MutableBytes(reinterpret_cast<uint8_t*>(scratch.data()), scratch.size() * 8); }
  Parity of(const Kernel& kernel, uint16_t op = 0) {
    return compare_kernels(plan, op, *portable_kernel(kTableKind), kernel, memory(), 1);
  }
  uint32_t kinds(const Kernel& kernel) {
    plugged_kernel = &kernel;
    return kinds_in_parity(plan, plugged, memory());
  }
  std::vector<uint64_t> bytes;
  Plan plan;
  std::vector<uint64_t> scratch;
};

}  // namespace

TEST(kernels_that_make_the_same_bytes_are_in_parity) {
  Tested tested;
  CHECK(tested.of(kRight) == Parity::kSame);
  CHECK_EQ(tested.kinds(kRight), 1u << kTableKind);
}

TEST(a_byte_that_differs_at_an_end_or_in_the_middle_is_found) {
  Tested tested;
  CHECK(tested.of(kWrongAtTheEnd) == Parity::kDiffers);
  CHECK(tested.of(kWrongInTheMiddle) == Parity::kDiffers);
}

TEST(a_kernel_that_writes_another_line_than_its_own_is_found) { CHECK(Tested().of(kWritesTooMuch) == Parity::kDiffers); }

TEST(a_kind_falls_with_one_operator_of_it) {
  Tested tested;
  CHECK(tested.of(kWrongForOne, 0) == Parity::kSame);
  CHECK(tested.of(kWrongForOne, 1) == Parity::kDiffers);
  CHECK_EQ(tested.kinds(kWrongForOne), 0u);
}

TEST(what_is_not_plugged_in_is_not_run) {
  Tested tested;
  CHECK_EQ(tested.kinds(*portable_kernel(kTableKind)), 1u << kTableKind);
  CHECK_EQ(kinds_in_parity(tested.plan, portable_kernel, MutableBytes()), 1u << kTableKind);
  CHECK(portable_kernel(kSoftmaxKind) == plugged(kSoftmaxKind));
}

TEST(without_room_a_kernel_is_untested_and_its_kind_falls) {
  Tested tested;
  // Rings of 2, 3 and 20 lines of 18 bytes, the output's twice, each filled up to 8.
  CHECK_EQ(parity_bytes(tested.plan, 0), 40u + 2 * 56u);
  CHECK_EQ(parity_bytes(tested.plan, 1), 56u + 2 * 360u);
  const MutableBytes little = tested.memory().first(parity_bytes(tested.plan, 1) - 1);
  CHECK(compare_kernels(tested.plan, 1, *portable_kernel(kTableKind), kRight, little, 1) == Parity::kNoRoom);
  plugged_kernel = &kRight;
  CHECK_EQ(kinds_in_parity(tested.plan, plugged, little), 0u);
}
