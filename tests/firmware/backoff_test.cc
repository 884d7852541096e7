// Delays between attempts: they grow, are scattered, are bounded, and begin anew after a success.
#include "net/backoff.h"

#include "check.h"

using cutpoint::device::Backoff;

TEST(delays_double_from_first_to_most) {
  Backoff backoff(500, 60000);
  uint32_t range = 500;
  for (int i = 0; i < 12; ++i) {
    const uint32_t delay = backoff.next_ms(UINT32_MAX);
    CHECK_EQ(delay, range);
    range = range * 2 < 60000 ? range * 2 : 60000;
  }
}

TEST(the_smallest_delay_is_half_of_its_range) {
  Backoff backoff(1000, 8000);
  CHECK_EQ(backoff.next_ms(0), 500u);
  CHECK_EQ(backoff.next_ms(0), 1000u);
  CHECK_EQ(backoff.next_ms(0), 2000u);
  CHECK_EQ(backoff.next_ms(0), 4000u);
  CHECK_EQ(backoff.next_ms(0), 4000u);
}

TEST(every_delay_of_a_range_can_be_drawn) {
  Backoff backoff(4, 4);
  CHECK_EQ(backoff.next_ms(0x00000000u), 2u);
  CHECK_EQ(backoff.next_ms(0x60000000u), 3u);
  CHECK_EQ(backoff.next_ms(0xC0000000u), 4u);
}

TEST(a_success_begins_anew) {
  Backoff backoff(100, 10000);
  for (int i = 0; i < 5; ++i) {
    backoff.next_ms(0);
  }
  CHECK_EQ(backoff.failures(), 5u);
  backoff.reset();
  CHECK_EQ(backoff.failures(), 0u);
  CHECK_EQ(backoff.next_ms(UINT32_MAX), 100u);
}

TEST(no_range_overflows) {
  Backoff backoff(3, UINT32_MAX);
  uint32_t last = 0;
  for (int i = 0; i < 200; ++i) {
    const uint32_t delay = backoff.next_ms(UINT32_MAX);
    CHECK(delay >= last);
    last = delay;
  }
  CHECK_EQ(last, UINT32_MAX);
}

TEST(limits_out_of_order_never_give_a_delay_of_nothing) {
  Backoff backoff(0, 0);
  for (int i = 0; i < 10; ++i) {
    CHECK_EQ(backoff.next_ms(UINT32_MAX), 1u);
  }
  Backoff crossed(50, 10);
  CHECK_EQ(crossed.next_ms(UINT32_MAX), 50u);
  CHECK_EQ(crossed.next_ms(UINT32_MAX), 50u);
}
