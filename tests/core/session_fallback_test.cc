// What a device does when the edge does not answer, refuses, or cannot be reached.
#include "session/session.h"
#include "session_bench.h"

using namespace cutpoint;

TEST(a_missed_deadline_is_finished_operator_by_operator) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.pass_ms(999);
  CHECK(bench.poll_all().empty());
  bench.pass_ms(1);
  CHECK_EQ(bench.poll_one().action.run.first, uint16_t{2});
  bench.ran(2, 3);
  const Seen second = bench.poll_one();
  CHECK_EQ(second.action.run.first, uint16_t{3});
  CHECK_EQ(second.action.run.last, uint16_t{4});
  bench.ran(3, 4);
  const Delivery delivery = bench.poll_one().action.delivery;
  CHECK_EQ(delivery.by, By::kDevice);
  CHECK_EQ(delivery.reason, Reason::kDeadline);
  CHECK(!delivery.measured);
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), 1u);
  CHECK(bench.poll_all().empty());
}

TEST(the_deadline_counts_from_when_the_transport_took_the_last_chunk) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  bench.ran(0, 2);
  Action action;
  CHECK(bench.session.poll(action));
  bench.clock.now += 3000000;  // the transport blocked
  CHECK(!bench.session.poll(action));
  uint64_t when = 0;
  REQUIRE(bench.session.next_wakeup_us(when));
  CHECK_EQ(when, bench.clock.now + 1000000);
}

TEST(a_result_is_in_time_that_came_while_the_transport_blocked) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  bench.ran(0, 2);
  Action action;
  CHECK(bench.session.poll(action));
  bench.clock.now += 3000000;  // the transport blocked
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kOk);
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), 0u);
  CHECK_EQ(bench.count(CounterId::kLateResults), 0u);
}

TEST(a_report_that_the_transport_blocked_on_still_has_its_deadline_at_the_next_input) {
  SessionConfig config = config_of(4, 4, 4);
  SessionBench bench(config);
  SessionBench::online(bench);
  bench.input();
  Action action;
  CHECK(bench.session.poll(action));
  bench.ran(0, 4);
  CHECK(bench.session.poll(action));
  CHECK_EQ(action.kind, ActionKind::kDeliver);
  CHECK(bench.session.poll(action));
  CHECK_EQ(action.kind, ActionKind::kPublish);
  bench.clock.now += 3000000;  // the transport blocked
  bench.input();
  bench.pass_ms(999);
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), 0u);
  bench.pass_ms(1);
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), 1u);
}

TEST(a_late_result_still_wins_between_two_operators) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.pass_ms(1000);
  bench.poll_all();
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kOk);
  CHECK(bench.poll_all().empty());  // the operator is running
  bench.ran(2, 3);
  const Delivery delivery = bench.poll_one().action.delivery;
  CHECK_EQ(delivery.by, By::kEdge);
  CHECK(delivery.measured);
  CHECK_EQ(bench.count(CounterId::kLateResults), 1u);
}

TEST(a_late_result_after_the_answer_feeds_only_the_link_measure) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.pass_ms(1000);
  CHECK_EQ(bench.finish().by, By::kDevice);
  bench.clock.now += 250000;
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kOk);
  CHECK(bench.poll_all().empty());
  CHECK_EQ(bench.count(CounterId::kLateResults), 1u);
  CHECK_EQ(bench.session.last_answered().round_trip_us, 1250000u);
}

TEST(a_repeated_result_is_counted_and_dropped) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.frame(result_frame({1, 2}));
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kDuplicate);
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kDuplicate);
  CHECK(bench.poll_all().empty());
  CHECK_EQ(bench.count(CounterId::kDuplicateResults), 2u);
}

TEST(a_refusal_is_finished_at_once_and_counted) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  CHECK_EQ(bench.frame(result_frame({1, 2, ResultStatus::kOverloaded})), Status::kOk);
  const Delivery delivery = bench.finish();
  CHECK_EQ(delivery.by, By::kDevice);
  CHECK_EQ(delivery.reason, Reason::kRefused);
  CHECK_EQ(delivery.refusal, ResultStatus::kOverloaded);
  CHECK_EQ(bench.count(CounterId::kRefusedByEdge), 1u);
  CHECK_EQ(bench.session.state(), LinkState::kOnline);
}

TEST(a_refusal_of_the_first_chunk_stops_the_rest) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  bench.ran(0, 2, true, 1000);
  Action action;
  CHECK(bench.session.poll(action));
  CHECK_EQ(bench.frame(result_frame({1, 2, ResultStatus::kOverloaded})), Status::kOk);
  CHECK_EQ(bench.poll_one().action.run.first, uint16_t{2});
}

TEST(an_answer_to_what_has_not_been_sent_is_a_bad_frame) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  bench.ran(0, 2, true, 1000);
  Action action;
  CHECK(bench.session.poll(action));
  CHECK(bench.frame(result_frame({1, 2})) != Status::kOk);
  CHECK(bench.frame(result_frame({9, 2})) != Status::kOk);
  CHECK_EQ(bench.count(CounterId::kBadFrames), 2u);
  CHECK_EQ(bench.poll_all().size(), size_t{4});
  CHECK(bench.frame(result_frame({1, 3})) != Status::kOk);  // another cut
  CHECK_EQ(bench.session.phase(), Phase::kWait);
}

TEST(an_unknown_model_isolates_at_once) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.frame(result_frame({1, 2, ResultStatus::kUnknownModel}));
  CHECK_EQ(bench.session.state(), LinkState::kIsolated);
  CHECK_EQ(bench.finish().reason, Reason::kRefused);
}

TEST(an_unknown_model_with_the_ids_on_offer_is_a_refusal_like_any) {
  for (const uint16_t offered : {0, 3, 64}) {
    SessionBench bench;
    SessionBench::online(bench);
    bench.ask();
    CHECK_EQ(bench.frame(result_frame({1, 2, ResultStatus::kUnknownModel, AnswerKind::kModels, offered})), Status::kOk);
    CHECK_EQ(bench.session.state(), LinkState::kIsolated);
    CHECK_EQ(bench.finish().reason, Reason::kRefused);
    CHECK_EQ(bench.count(CounterId::kBadFrames), 0u);
  }
}

TEST(without_a_broker_the_device_answers_alone) {
  SessionBench bench;
  bench.input();
  CHECK_EQ(bench.poll_one().action.run.last, uint16_t{4});
  bench.ran(0, 4);
  CHECK_EQ(bench.poll_one().action.delivery.reason, Reason::kOffline);
}

TEST(a_connection_lost_while_waiting_is_not_waited_out) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.session.disconnected();
  CHECK_EQ(bench.finish().reason, Reason::kOffline);
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), 0u);
  uint64_t when = 0;
  CHECK(!bench.session.next_wakeup_us(when));
}

TEST(a_connection_lost_during_the_head_or_between_chunks_loses_nothing) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  bench.session.disconnected();
  bench.ran(0, 2);
  CHECK_EQ(bench.finish().reason, Reason::kOffline);
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  bench.ran(0, 2, true, 1000);
  Action action;
  CHECK(bench.session.poll(action));
  bench.session.disconnected();
  CHECK_EQ(bench.finish().reason, Reason::kOffline);
}

TEST(a_result_that_comes_after_a_reconnection_can_still_win) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.session.disconnected();
  CHECK_EQ(bench.poll_one().action.run.first, uint16_t{2});
  bench.session.connected();
  bench.poll_all();
  bench.frame(result_frame({1, 2}));
  bench.ran(2, 3);
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);
}

TEST(a_transport_that_takes_nothing_is_not_waited_for) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  bench.ran(0, 2);
  Action action;
  CHECK(bench.session.poll(action));
  bench.session.unsent();
  CHECK_EQ(bench.finish().reason, Reason::kOffline);
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), 0u);
}

TEST(a_board_that_cannot_finish_says_that_nobody_answered) {
  SessionBench bench(config_of(6, 3, 2));
  bench.input();
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kNone);
  SessionBench::online(bench);
  bench.ask();
  bench.pass_ms(1000);
  const Delivery delivery = bench.poll_one().action.delivery;
  CHECK_EQ(delivery.by, By::kNone);
  CHECK_EQ(delivery.reason, Reason::kDeadline);
  CHECK_EQ(bench.count(CounterId::kUnanswered), 2u);
}

TEST(a_failed_operator_is_nobodys_answer) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  CHECK_EQ(bench.ran(0, 2, false), Status::kOk);
  const Delivery delivery = bench.poll_one().action.delivery;
  CHECK_EQ(delivery.by, By::kNone);
  CHECK_EQ(delivery.reason, Reason::kEngine);
}

TEST(an_engine_that_fails_while_hedging_leaves_it_to_the_edge) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.frame(plan_frame({1, 2, kFlagHedged}));
  bench.ask();
  bench.ran(2, 3, false);
  CHECK(bench.poll_all().empty());
  bench.frame(result_frame({1, 2}));
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);
  bench.ask();
  bench.ran(2, 3, false);
  bench.pass_ms(1000);
  CHECK_EQ(bench.poll_one().action.delivery.reason, Reason::kEngine);
}

TEST(tensors_too_big_for_a_message_are_finished_on_the_device) {
  SessionConfig config = config_of(4, 4, 2);
  config.chunk_bytes = kMinSessionChunkBytes;
  SessionBench bench(config);
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  CHECK_EQ(bench.ran(0, 2, true, 1024 * 160), Status::kOk);
  CHECK_EQ(bench.finish().reason, Reason::kOversized);
}

TEST(a_result_larger_than_the_buffer_is_counted_and_the_device_answers) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  const ResultOf large = {1, 2, ResultStatus::kOk, AnswerKind::kClasses, 200};
  CHECK(bench.frame(result_frame(large)) != Status::kOk);
  for (const Frame& chunk : result_chunks(large, 96)) {
    CHECK(bench.frame(chunk) != Status::kOk);
  }
  bench.pass_ms(1000);
  CHECK_EQ(bench.finish().by, By::kDevice);
}

TEST(calls_out_of_order_are_counted_and_change_nothing) {
  SessionBench bench;
  SessionBench::online(bench);
  uint32_t sequence = 0;
  CHECK_EQ(bench.ran(0, 2), Status::kArgument);
  bench.input();
  CHECK_EQ(bench.session.input(sequence), Status::kArgument);
  CHECK_EQ(bench.ran(0, 2), Status::kArgument);  // not polled yet
  bench.poll_all();
  CHECK_EQ(bench.ran(0, 3), Status::kArgument);
  CHECK_EQ(bench.ran(1, 2), Status::kArgument);
  CHECK_EQ(bench.session.ran({0, 2, true, Span<const uint32_t>(), Span<const TensorView>()}), Status::kArgument);
  CHECK_EQ(bench.ran(0, 2), Status::kOk);
  CHECK_EQ(bench.session.counters().local.misuse, 6u);
  CHECK_EQ(bench.count(CounterId::kInferences), 1u);
}
