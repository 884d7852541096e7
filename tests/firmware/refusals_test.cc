// Sentences about what came and was not taken.
#include "check.h"
#include "report/refusals.h"

using namespace cutpoint::device;

namespace {

constexpr uint64_t kSecondUs = 1'000'000;

}  // namespace

TEST(nothing_refused_is_nothing_to_say) {
  RefusalTeller teller;
  Sentence text;
  CHECK(!teller.tell(RefusalCounts(), kSecondUs, 4096, text));
  CHECK(text.empty());
}

TEST(a_long_message_is_told_with_the_limit) {
  RefusalTeller teller;
  RefusalCounts now;
  now.oversized = 2;
  Sentence text;
  REQUIRE(teller.tell(now, kSecondUs, 4096, text));
  CHECK_EQ(std::string(text.text()), std::string("Not taken: 2 of more than 4096 bytes."));
}

TEST(every_reason_at_once_fits_into_a_sentence) {
  RefusalTeller teller;
  RefusalCounts now;
  now.oversized = now.retained = now.full = now.unreadable = now.unsupported = UINT32_MAX;
  Sentence text;
  REQUIRE(teller.tell(now, 0, 4096, text));
  CHECK(text.size() < kSentenceBytes);
  CHECK(std::string(text.text()).rfind("Not taken: 4294967295 retained", 0) == 0);
}

TEST(a_flood_is_told_once_and_then_summed_up) {
  RefusalTeller teller;
  RefusalCounts now;
  Sentence text;
  now.unreadable = 1;
  REQUIRE(teller.tell(now, kSecondUs, 4096, text));
  now.unreadable = 1000;
  CHECK(!teller.tell(now, 2 * kSecondUs, 4096, text));
  CHECK(text.empty());
  REQUIRE(teller.tell(now, kSecondUs + kRefusalsUs, 4096, text));
  CHECK_EQ(std::string(text.text()), std::string("Not taken: 999 unreadable (damaged, of another life, model or key)."));
  CHECK(!teller.tell(now, kSecondUs + 2 * kRefusalsUs, 4096, text));
}
