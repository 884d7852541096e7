// Messages that never reach the device's queue.
#include "check.h"
#include "net/arrival.h"

using namespace cutpoint::device;

namespace {

constexpr size_t kMost = 4096;

Arrival judge(const char* topic, size_t bytes, bool retained = false) {
  return judge_arrival({text_of(topic), bytes, bytes, 0, retained}, kMost);
}

}  // namespace

TEST(a_frame_of_the_largest_size_is_read_and_one_byte_more_is_not) {
  CHECK_EQ(judge("cutpoint/1/bench-1/cmd", kMost), Arrival::kFrame);
  CHECK_EQ(judge("cutpoint/1/bench-1/cmd", kMost + 1), Arrival::kOversized);
}

TEST(a_message_in_parts_is_counted_once) {
  CHECK_EQ(judge_arrival({text_of("cutpoint/1/bench-1/cmd"), 4000, 9000, 0, false}, kMost), Arrival::kOversized);
  CHECK_EQ(judge_arrival({Text(), 4000, 9000, 4000, false}, kMost), Arrival::kNothing);
  CHECK_EQ(judge_arrival({Text(), 1000, 9000, 8000, false}, kMost), Arrival::kNothing);
}

TEST(a_retained_plan_holds_and_a_retained_command_does_not) {
  CHECK_EQ(judge("cutpoint/1/bench-1/plan", 100, true), Arrival::kFrame);
  CHECK_EQ(judge("cutpoint/1/bench-1/cmd", 100, true), Arrival::kRetained);
  CHECK_EQ(judge("cutpoint/1/bench-1/res", 100, true), Arrival::kRetained);
  CHECK_EQ(judge("plan", 100, true), Arrival::kRetained);
  CHECK_EQ(judge("cutpoint/1/floorplan", 100, true), Arrival::kRetained);
  CHECK_EQ(judge("", 100, true), Arrival::kRetained);
}

TEST(what_was_cleared_is_nothing) {
  CHECK_EQ(judge("cutpoint/1/bench-1/plan", 0, true), Arrival::kNothing);
  CHECK_EQ(judge("cutpoint/1/bench-1/cmd", 0), Arrival::kNothing);
}
