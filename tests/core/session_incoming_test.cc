// Frames that come too late, twice, in pieces, between others, or from elsewhere.
#include "session/session.h"
#include "session_bench.h"

using namespace cutpoint;

namespace {

ResultOf long_result(uint32_t sequence) { return {sequence, 2, ResultStatus::kOk, AnswerKind::kClasses, 20}; }

// One inference that the edge let pass and one that is waiting.
void let_one_pass(SessionBench& bench) {
  SessionBench::online(bench);
  bench.ask();
  bench.pass_ms(1000);
  bench.finish();
  bench.ask();
}

}  // namespace

TEST(a_late_result_in_pieces_does_not_spoil_the_one_that_wins) {
  SessionBench bench;
  let_one_pass(bench);
  const std::vector<Frame> late = result_chunks(long_result(1), 96);
  REQUIRE(late.size() == 3);
  CHECK_EQ(bench.frame(late[0]), Status::kPending);
  CHECK_EQ(bench.frame(late[1]), Status::kPending);
  CHECK_EQ(bench.frame(result_frame({2, 2})), Status::kOk);
  CHECK_EQ(bench.frame(late[2]), Status::kStale);  // the buffer holds the answer until it is polled
  const Seen seen = bench.poll_one();
  const Frame expected = result_frame({2, 2});
  CHECK(seen.bytes == Frame(expected.begin() + kHeaderBytes, expected.end()));
  CHECK_EQ(bench.frame(late[2]), Status::kPending);  // what had been collected is gone
}

TEST(an_answer_that_waits_to_be_polled_is_not_overwritten) {
  SessionBench bench;
  let_one_pass(bench);
  CHECK_EQ(bench.frame(result_frame({2, 2})), Status::kOk);
  for (const Frame& chunk : result_chunks(long_result(1), 96)) {
    CHECK_EQ(bench.frame(chunk), Status::kStale);
  }
  const Frame expected = result_frame({2, 2});
  CHECK(bench.poll_one().bytes == Frame(expected.begin() + kHeaderBytes, expected.end()));
}

TEST(an_acknowledgement_is_heard_while_an_answer_waits_to_be_polled) {
  SessionBench bench(config_of(4, 4, 4));
  SessionBench::online(bench);
  bench.ask();
  bench.frame(plan_frame({1, 2}));
  bench.poll_all();
  bench.ask();
  CHECK_EQ(bench.frame(result_frame({2, 2})), Status::kOk);
  CHECK_EQ(bench.frame(result_frame({1, 4, ResultStatus::kOk, AnswerKind::kNone})), Status::kOk);
  CHECK_EQ(bench.poll_one().action.delivery.sequence, 2u);
  bench.pass_ms(1000);
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), 0u);
}

TEST(the_link_measure_is_the_newest_inferences) {
  SessionBench bench;
  let_one_pass(bench);
  bench.pass_ms(3);
  CHECK_EQ(bench.frame(result_frame({2, 2})), Status::kOk);
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kOk);
  CHECK_EQ(bench.session.last_answered().sequence, 2u);
  CHECK_EQ(bench.session.last_answered().round_trip_us, 3000u);
}

TEST(a_repeated_chunk_of_a_result_is_counted_as_such) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  const std::vector<Frame> chunks = result_chunks(long_result(1), 96);
  bench.frame(chunks[0]);
  CHECK_EQ(bench.frame(chunks[0]), Status::kDuplicate);
  CHECK_EQ(bench.count(CounterId::kDuplicateResults), 1u);
  bench.frame(chunks[2]);
  CHECK_EQ(bench.frame(chunks[1]), Status::kOk);
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);
}

TEST(a_forged_piece_of_a_far_inference_does_not_shut_out_the_answer) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  CHECK(bench.frame(result_chunks(long_result(0x70000000u), 96)[0]) != Status::kPending);
  for (const Frame& chunk : result_chunks(long_result(1), 96)) {
    bench.frame(chunk);
  }
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);
}

TEST(a_command_without_a_number_does_not_make_a_repeated_one_new) {
  SessionBench bench;
  SessionBench::online(bench);
  CHECK_EQ(bench.frame(command_frame(2, 5)), Status::kOk);
  bench.poll_all();
  CHECK_EQ(bench.frame(command_frame(2, 0)), Status::kOk);
  bench.poll_all();
  CHECK_EQ(bench.frame(command_frame(2, 5)), Status::kDuplicate);
}

TEST(a_command_in_several_chunks_is_put_together) {
  SessionBench bench;
  SessionBench::online(bench);
  Frame argument(300);
  for (size_t i = 0; i < argument.size(); ++i) {
    argument[i] = static_cast<uint8_t>(i);
  }
  for (const Frame& chunk : command_chunks(4, 9, argument, 128)) {
    bench.frame(chunk);
  }
  const Seen seen = bench.poll_one();
  CHECK_EQ(seen.action.command.id, uint16_t{4});
  CHECK(seen.bytes == argument);
}

TEST(an_encrypted_frame_is_refused_without_a_key) {
  SessionBench bench;
  SessionBench::online(bench);
  CHECK(bench.frame(plan_frame({1, 2, kFlagEncrypted})) != Status::kOk);
  CHECK_EQ(bench.session.plan().epoch, 0u);
  CHECK_EQ(bench.count(CounterId::kBadFrames), 1u);
}

TEST(what_devices_send_is_no_business_of_a_device) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  bench.ran(0, 2);
  const Frame own = bench.poll_one().bytes;
  CHECK_EQ(bench.frame(own), Status::kKind);
}

TEST(results_of_an_earlier_life_or_model_change_nothing) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  ResultOf old = {1, 2};
  old.boot = kBoot - 1;
  CHECK_EQ(bench.frame(result_frame(old)), Status::kStale);
  ResultOf foreign = {1, 2};
  foreign.model = {{0, 0, 0, 0}};
  CHECK(bench.frame(result_frame(foreign)) != Status::kOk);
  Frame broken = result_frame({1, 2});
  broken[40] ^= 1;
  CHECK_EQ(bench.frame(broken), Status::kCrc);
  CHECK_EQ(bench.session.phase(), Phase::kWait);
  CHECK_EQ(bench.count(CounterId::kLateResults), 1u);
  CHECK_EQ(bench.count(CounterId::kBadFrames), 2u);
}

TEST(a_refusal_without_a_sequence_is_counted_only) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  ResultOf unread = {0, 0, ResultStatus::kBadFrame};
  unread.boot = 0;
  CHECK_EQ(bench.frame(result_frame(unread)), Status::kOk);
  CHECK_EQ(bench.session.phase(), Phase::kWait);
  CHECK_EQ(bench.count(CounterId::kRefusedByEdge), 1u);
}
