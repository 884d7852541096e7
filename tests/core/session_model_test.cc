// Another model in the middle of a life.
#include "session/session.h"

#include "session_bench.h"

using namespace cutpoint;

namespace {

constexpr ModelId kOther = {{0xAA, 0xBB, 0xCC, 0xDD}};

SessionConfig other(uint16_t operators, uint16_t on_board, uint16_t cut) {
  static const uint8_t kAbout[] = {'{', '2', '}'};
  SessionConfig config = config_of(operators, on_board, cut);
  config.model = kOther;
  config.about = Bytes(kAbout);
  return config;
}

bool told_about(const std::vector<Seen>& seen) {
  for (const Seen& one : seen) {
    if (one.action.kind == ActionKind::kPublish && one.action.publish.leaf == Leaf::kAbout) {
      return one.bytes.size() == 3 && one.bytes[1] == '2';
    }
  }
  return false;
}

}  // namespace

TEST(a_new_model_is_told_and_its_inferences_carry_its_id_and_go_on_counting) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.pass_ms(bench.session.plan().deadline_ms);
  bench.finish();
  bench.poll_all();
  const uint32_t missed = bench.count(CounterId::kDeadlinesMissed);
  REQUIRE(bench.session.change_model(other(3, 3, 1)) == Status::kOk);
  CHECK(told_about(bench.poll_all()));
  CHECK_EQ(bench.session.plan().cut, uint16_t{1});
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), missed);
  CHECK_EQ(bench.input(), 2u);
  bench.poll_all();
  CHECK_EQ(bench.ran(0, 1), Status::kOk);
  const Seen sent = bench.poll_one();
  Header header = {};
  CHECK_EQ(peek_header(bytes_of(sent.bytes), header), Status::kOk);
  CHECK(header.model == kOther);
  CHECK_EQ(header.sequence, 2u);
}

TEST(a_result_for_the_old_model_is_a_bad_frame_afterwards) {
  SessionBench bench;
  SessionBench::online(bench);
  const uint32_t sequence = bench.ask();
  bench.pass_ms(bench.session.plan().deadline_ms);
  bench.finish();
  bench.poll_all();
  REQUIRE(bench.session.change_model(other(3, 3, 1)) == Status::kOk);
  ResultOf result;
  result.sequence = sequence;
  result.cut = 2;
  CHECK(bench.frame(result_frame(result)) != Status::kOk);
  CHECK_EQ(bench.count(CounterId::kBadFrames), 1u);
}

TEST(an_isolated_session_begins_anew_with_another_model) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.isolate();
  bench.poll_all();
  REQUIRE(bench.session.change_model(other(4, 4, 2)) == Status::kOk);
  CHECK_EQ(bench.session.state(), LinkState::kOnline);
}

TEST(offline_the_new_model_is_told_after_the_next_connection_only) {
  SessionBench bench;
  REQUIRE(bench.session.change_model(other(4, 4, 2)) == Status::kOk);
  CHECK(!told_about(bench.poll_all()));
  bench.session.connected();
  CHECK(told_about(bench.poll_all()));
}

TEST(a_model_is_not_changed_under_an_inference_or_for_another_boot) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  CHECK_EQ(bench.session.change_model(other(4, 4, 2)), Status::kArgument);
  bench.poll_all();
  CHECK_EQ(bench.session.change_model(other(4, 4, 2)), Status::kArgument);
  SessionBench idle;
  SessionConfig config = other(4, 4, 2);
  config.boot = kBoot + 1;
  CHECK_EQ(idle.session.change_model(config), Status::kArgument);
  CHECK_EQ(idle.session.plan().cut, uint16_t{2});
}

TEST(a_model_with_more_operators_than_there_is_memory_for_is_refused) {
  SessionBench bench(config_of(4, 4, 2));
  CHECK_EQ(bench.session.change_model(other(5, 5, 2)), Status::kBufferTooSmall);
  CHECK_EQ(bench.session.change_model(other(4, 5, 2)), Status::kArgument);
  bench.session.connected();
  CHECK(!told_about(bench.poll_all()));
}

TEST(before_the_first_begin_there_is_no_model_to_change) {
  SessionBench bench;
  uint8_t none[1] = {};
  SessionBuffers buffers = {MutableBytes(none), MutableBytes(none), MutableBytes(none), MutableBytes(none),
                            Span<uint32_t>()};
  Session session(bench.clock, buffers);
  CHECK_EQ(session.change_model(other(4, 4, 2)), Status::kArgument);
}
