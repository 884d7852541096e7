// Where the Stream engine's block and inputs go on boards of different memory, and how large they are.
#include "arena/stream_memory.h"

#include "check.h"
#include "stream/engine.h"

using namespace cutpoint;
using namespace cutpoint::device;

namespace {

// Only what memory is chosen by: sizes of the inputs, and of each cut's layout. Four operators, one tensor each.
struct SmallPlan {
  static constexpr uint16_t kOnBoard = 4;
  stream::PlanHeader header = {};
  stream::InputRecord input = {3, 0};
  stream::TensorRecord tensors[1 + kOnBoard] = {};
  stream::LayoutRecord layouts[kOnBoard + 1] = {};

  // `operators` of the whole network: 4, or more when the tail stays on the edge.
  explicit SmallPlan(uint16_t operators = kOnBoard) {
    header.operators = operators;
    header.on_board = kOnBoard;
    header.tensors = 1 + kOnBoard;
    header.inputs = 1;
    header.layouts_at = static_cast<uint32_t>(reinterpret_cast<uint8_t*>(layouts) - reinterpret_cast<uint8_t*>(this));
    tensors[0] = {0, static_cast<uint8_t>(DType::kInt8), 0, 96, 96, 3, 0, 0, 0};
    cut(0, 1000, 20000);
    cut(1, 40000, 60000);
    cut(2, 30000, 45000);
    cut(3, 9000, 25000);
    cut(4, 20000, 20000);
  }
  void cut(size_t k, uint32_t head, uint32_t on) { layouts[k] = {0, 0, head, on, 0, 0}; }
  stream::Plan plan() const { return stream::Plan(reinterpret_cast<const uint8_t*>(this)); }
  size_t tables() const { return stream::StreamEngine::table_bytes(plan()); }
};
static_assert(offsetof(SmallPlan, tensors) == sizeof(stream::PlanHeader) + sizeof(stream::InputRecord), "as in a file");

constexpr size_t kWhole = 96 * 96 * 3;
constexpr size_t kRing = 3 * 96 * 3;

}  // namespace

TEST(the_least_block_is_that_of_all_operators_on_board) {
  const SmallPlan small;
  CHECK_EQ(least_block_bytes(small.plan()), small.tables() + 20000);
}

TEST(with_room_the_inputs_are_whole_and_the_block_serves_every_cut) {
  const SmallPlan small;
  const FreeMemory memory = {150000, 220000, 0};
  const PictureMemory picture = choose_picture_memory(small.plan(), memory, true);
  CHECK(!picture.fed && picture.place == ArenaPlace::kInternal);
  CHECK_EQ(picture.bytes, kWhole);
  const BlockMemory block = choose_block_memory(small.plan(), FreeMemory{120000, 190000, 0});
  CHECK(block.place == ArenaPlace::kInternal);
  CHECK_EQ(block.bytes, small.tables() + 60000);
}

TEST(with_psram_the_inputs_lie_there_and_the_block_inside) {
  const SmallPlan small;
  const FreeMemory memory = {50000, 100000, 4000000};
  const PictureMemory picture = choose_picture_memory(small.plan(), memory, true);
  CHECK(!picture.fed && picture.place == ArenaPlace::kExternal);
  CHECK(choose_block_memory(small.plan(), memory).place == ArenaPlace::kInternal);
}

TEST(what_must_not_be_is_not_taken_from_the_networks_comfort) {
  const SmallPlan small;
  // Whole inputs would leave less than kInternalComfortBytes beside the smallest block.
  const size_t least = least_block_bytes(small.plan());
  const size_t enough = kWhole + least + 2 * kBlockOverheadBytes + kInternalComfortBytes;
  CHECK(!choose_picture_memory(small.plan(), FreeMemory{enough, enough, 0}, true).fed);
  const PictureMemory picture = choose_picture_memory(small.plan(), FreeMemory{enough, enough - 1, 0}, true);
  CHECK(picture.fed && picture.place == ArenaPlace::kInternal);
  CHECK_EQ(picture.bytes, kRing);
  // So would a block for cut 1, or for cut 2: the one for cut 3 is the largest that does not.
  const size_t for_cut_3 = small.tables() + 25000;
  const size_t total = kInternalComfortBytes + small.tables() + 45000;
  CHECK_EQ(choose_block_memory(small.plan(), FreeMemory{total, total - 1, 0}).bytes, for_cut_3);
  CHECK_EQ(choose_block_memory(small.plan(), FreeMemory{total, total, 0}).bytes, small.tables() + 45000);
}

TEST(a_network_that_must_have_the_last_byte_gets_it) {
  const SmallPlan small;
  const size_t least = least_block_bytes(small.plan());
  const FreeMemory memory = {least + kBlockOverheadBytes, least + kInternalReserveBytes, 0};
  const BlockMemory block = choose_block_memory(small.plan(), memory);
  CHECK(block.place == ArenaPlace::kInternal);
  CHECK_EQ(block.bytes, least);
  const PictureMemory picture = choose_picture_memory(small.plan(), FreeMemory{kWhole + 64, kWhole + 64 * 1024, 0}, false);
  CHECK(!picture.fed && picture.place == ArenaPlace::kInternal);
}

TEST(a_block_that_does_not_fit_inside_lies_outside_or_nowhere) {
  const SmallPlan small;
  const BlockMemory outside = choose_block_memory(small.plan(), FreeMemory{10000, 60000, 4000000});
  CHECK(outside.place == ArenaPlace::kExternal);
  CHECK_EQ(outside.bytes, small.tables() + 60000);
  const BlockMemory nowhere = choose_block_memory(small.plan(), FreeMemory{10000, 60000, 0});
  CHECK(nowhere.place == ArenaPlace::kNone);
  CHECK_EQ(nowhere.bytes, least_block_bytes(small.plan()));  // what a refusal names
}

TEST(inputs_that_nobody_feeds_are_whole_or_refused) {
  const SmallPlan small;
  const PictureMemory picture = choose_picture_memory(small.plan(), FreeMemory{20000, 90000, 0}, false);
  CHECK(!picture.fed && picture.place == ArenaPlace::kNone);
  CHECK_EQ(picture.bytes, kWhole);
  CHECK(choose_picture_memory(small.plan(), FreeMemory{20000, 90000, 0}, true).place == ArenaPlace::kInternal);
  CHECK(fed_picture_memory(small.plan(), FreeMemory{500, 90000, 0}).place == ArenaPlace::kNone);
}

TEST(where_the_tail_is_the_edges_no_cut_needs_a_way_on) {
  const SmallPlan small(9);
  const BlockMemory block = choose_block_memory(small.plan(), FreeMemory{120000, 190000, 0});
  CHECK_EQ(block.bytes, small.tables() + 40000);
}
