// Two pixels in one 64-bit register have the sums that they have in two registers of 32.
#include "stream/kernels/sums.h"

#include "check.h"

using namespace cutpoint::stream;

namespace {

void compare(const BlockSums& one, const BlockSums& other) {
  CHECK_EQ(one.a, other.a);
  CHECK_EQ(one.b, other.b);
  CHECK_EQ(one.c, other.c);
  CHECK_EQ(one.d, other.d);
}

void compare(const PairSums<true>& wide, const PairSums<false>& narrow) {
  compare(wide.first(), narrow.first());
  compare(wide.second(), narrow.second());
}

}  // namespace

TEST(every_product_of_two_pixels_is_that_of_each) {
  const Channel channels[4] = {{0, 0, 0, 0}, {0, -1, 0, 0}, {0, 32000, 0, 0}, {0, INT32_MIN / 2, 0, 0}};
  for (int32_t first = -128; first <= 127; first += 5) {
    for (int32_t second = -128; second <= 127; second += 3) {
      for (int32_t weight = -128; weight <= 127; weight += 15) {
        const int8_t weights[4] = {static_cast<int8_t>(weight), -128, 127, static_cast<int8_t>(-1 - weight)};
        PairSums<true> wide(channels);
        PairSums<false> narrow(channels);
        wide.add(first, second, weights);
        narrow.add(first, second, weights);
        compare(wide, narrow);
      }
    }
  }
}

TEST(long_sums_of_the_largest_products_stay_apart) {
  const Channel channels[4] = {{0, 1 << 29, 0, 0}, {0, -(1 << 29), 0, 0}, {0, 7, 0, 0}, {0, -7, 0, 0}};
  const int8_t weights[4] = {127, -128, -128, 127};
  PairSums<true> wide(channels);
  PairSums<false> narrow(channels);
  for (uint32_t i = 0; i < 65536; ++i) {
    wide.add(-128, i % 3 == 0 ? 127 : -128, weights);
    narrow.add(-128, i % 3 == 0 ? 127 : -128, weights);
  }
  compare(wide, narrow);
}
