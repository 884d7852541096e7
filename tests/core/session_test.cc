// How an inference goes when all is well, and the plans and commands that steer it.
#include "session/session.h"

#include "session_bench.h"

using namespace cutpoint;

namespace {

ActivationView activation(const Seen& seen, Header& header) {
  Bytes payload;
  ActivationView view = {};
  CHECK_EQ(open_frame(bytes_of(seen.bytes), header, payload), Status::kOk);
  CHECK_EQ(read_activation(header, payload, view), Status::kOk);
  return view;
}

}  // namespace

TEST(a_connection_is_announced_with_state_and_about) {
  SessionBench bench;
  CHECK_EQ(bench.session.state(), LinkState::kOffline);
  bench.session.connected();
  const std::vector<Seen> seen = bench.poll_all();
  REQUIRE(seen.size() == 2);
  const std::string state(seen[0].bytes.begin(), seen[0].bytes.end());
  CHECK_EQ(state, std::string("{\"state\": \"online\", \"boot\": 7}"));
  CHECK_EQ(seen[0].action.publish.leaf, Leaf::kState);
  CHECK(seen[0].action.publish.retain);
  CHECK_EQ(seen[0].action.publish.qos, uint8_t{1});
  CHECK_EQ(seen[1].action.publish.leaf, Leaf::kAbout);
  CHECK(seen[1].action.publish.retain);
  CHECK_EQ(bench.session.state(), LinkState::kOnline);
}

TEST(the_last_will_names_the_boot_that_it_belongs_to) {
  SessionBench bench;
  uint8_t text[kStateTextBytes];
  const Bytes will = bench.session.will(text);
  CHECK_EQ(std::string(will.begin(), will.end()), std::string("{\"state\": \"lost\", \"boot\": 7}"));
}

TEST(a_state_text_has_room_for_the_largest_boot_number) {
  uint8_t text[kStateTextBytes];
  const Bytes state = state_text(Presence::kSleeping, UINT32_MAX, text);
  CHECK_EQ(std::string(state.begin(), state.end()), std::string("{\"state\": \"sleeping\", \"boot\": 4294967295}"));
}

TEST(the_head_runs_and_its_tensors_travel) {
  SessionBench bench;
  SessionBench::online(bench);
  CHECK_EQ(bench.input(), 1u);
  const Seen run = bench.poll_one();
  CHECK_EQ(run.action.kind, ActionKind::kRun);
  CHECK_EQ(run.action.run.first, uint16_t{0});
  CHECK_EQ(run.action.run.last, uint16_t{2});
  CHECK_EQ(bench.ran(0, 2), Status::kOk);
  const Seen sent = bench.poll_one();
  Header header = {};
  const ActivationView view = activation(sent, header);
  CHECK_EQ(header.sequence, 1u);
  CHECK_EQ(header.cut, uint16_t{2});
  CHECK_EQ(header.flags, kFlagTimings);
  CHECK_EQ(view.plan_epoch, 0u);
  CHECK_EQ(view.tensor_count, uint8_t{1});
  CHECK_EQ(view.operators_timed, uint16_t{2});
  CHECK_EQ(sent.action.publish.leaf, Leaf::kActivation);
  CHECK_EQ(sent.action.publish.qos, uint8_t{0});
}

TEST(sequences_start_at_one_and_leave_zero_out) {
  CHECK_EQ(next_sequence(0), 1u);
  CHECK_EQ(next_sequence(41), 42u);
  CHECK_EQ(next_sequence(UINT32_MAX), 1u);
}

TEST(a_big_tensor_leaves_one_chunk_a_poll) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  bench.ran(0, 2, true, 1000);
  const std::vector<Seen> chunks = bench.poll_all();
  CHECK_EQ(chunks.size(), size_t{5});
  for (const Seen& chunk : chunks) {
    CHECK(chunk.bytes.size() <= 256);
  }
}

TEST(the_edge_answers_and_its_result_is_delivered) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.clock.now += 20000;
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kOk);
  const Seen seen = bench.poll_one();
  const Delivery& delivery = seen.action.delivery;
  CHECK_EQ(delivery.by, By::kEdge);
  CHECK_EQ(delivery.reason, Reason::kEdge);
  CHECK_EQ(delivery.sequence, 1u);
  CHECK(delivery.measured);
  CHECK_EQ(delivery.round_trip_us, 20000u);
  CHECK_EQ(delivery.edge_us, 100u);
  CHECK_EQ(delivery.bytes_down, 48u);
  ResultView result = {};
  CHECK_EQ(read_result(delivery.header, bytes_of(seen.bytes), result), Status::kOk);
  CHECK_EQ(result.count, uint16_t{1});
  CHECK_EQ(bench.count(CounterId::kAnsweredByEdge), 1u);
}

TEST(a_result_of_several_chunks_in_any_order_is_delivered_whole) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  const std::vector<Frame> chunks = result_chunks({1, 2, ResultStatus::kOk, AnswerKind::kClasses, 20}, 96);
  REQUIRE(chunks.size() == 3);
  CHECK_EQ(bench.frame(chunks[2]), Status::kPending);
  CHECK_EQ(bench.frame(chunks[0]), Status::kPending);
  CHECK_EQ(bench.frame(chunks[1]), Status::kOk);
  const Seen seen = bench.poll_one();
  CHECK_EQ(seen.bytes.size(), size_t{168});
  CHECK_EQ(seen.action.delivery.bytes_down, 168u + 3 * 32u);
}

TEST(the_next_activation_reports_the_last_round_trip) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.clock.now += 20000;
  bench.frame(result_frame({1, 2}));
  bench.poll_all();
  bench.input();
  bench.poll_all();
  bench.ran(0, 2);
  Header header = {};
  const LastAnswered last = activation(bench.poll_one(), header).last;
  CHECK_EQ(last.sequence, 1u);
  CHECK_EQ(last.round_trip_us, 20000u);
  CHECK_EQ(last.edge_us, 100u);
  CHECK_EQ(last.bytes_down, 48u);
  CHECK(last.bytes_up > 32u);
}

TEST(at_cut_n_the_device_answers_first_and_reports_then) {
  SessionBench bench(config_of(4, 4, 4));
  SessionBench::online(bench);
  bench.input();
  const Seen run = bench.poll_one();
  CHECK_EQ(run.action.run.last, uint16_t{4});
  bench.ran(0, 4);
  const std::vector<Seen> seen = bench.poll_all();
  REQUIRE(seen.size() == 2);
  CHECK_EQ(seen[0].action.delivery.by, By::kDevice);
  CHECK_EQ(seen[0].action.delivery.reason, Reason::kPlanned);
  Header header = {};
  activation(seen[1], header);
  CHECK_EQ(header.cut, uint16_t{4});
  CHECK_EQ(header.flags & kFlagAnswered, kFlagAnswered);
  CHECK_EQ(header.flags & kFlagProbe, 0);
  uint64_t when = 0;
  REQUIRE(bench.session.next_wakeup_us(when));
  CHECK_EQ(when, bench.clock.now + 1000000);
}

TEST(the_acknowledgement_of_a_report_feeds_the_link_measure) {
  SessionBench bench(config_of(4, 4, 4));
  SessionBench::online(bench);
  bench.ask();
  bench.clock.now += 7000;
  CHECK_EQ(bench.frame(result_frame({1, 4, ResultStatus::kOk, AnswerKind::kNone})), Status::kOk);
  CHECK_EQ(bench.session.last_answered().round_trip_us, 7000u);
  CHECK(bench.poll_all().empty());
  uint64_t when = 0;
  CHECK(!bench.session.next_wakeup_us(when));
}

TEST(an_acknowledgement_is_no_answer_to_who_asked_for_one) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  CHECK(bench.frame(result_frame({1, 2, ResultStatus::kOk, AnswerKind::kNone})) != Status::kOk);
  CHECK_EQ(bench.session.phase(), Phase::kWait);
  CHECK_EQ(bench.count(CounterId::kBadFrames), 1u);
}

TEST(a_hedged_device_goes_on_and_the_faster_answer_wins) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.frame(plan_frame({1, 2, kFlagHedged}));
  bench.poll_all();
  bench.input();
  bench.poll_all();
  bench.ran(0, 2);
  std::vector<Seen> seen = bench.poll_all();
  REQUIRE(seen.size() == 2);
  CHECK_EQ(seen[1].action.run.first, uint16_t{2});
  CHECK_EQ(seen[1].action.run.last, uint16_t{3});
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kOk);
  CHECK(bench.poll_all().empty());
  bench.ran(2, 3);
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);

  bench.input();
  bench.poll_all();
  bench.ran(0, 2);
  CHECK_EQ(bench.finish().reason, Reason::kHedged);
  CHECK_EQ(bench.frame(result_frame({2, 2})), Status::kOk);
  CHECK(bench.poll_all().empty());
  CHECK_EQ(bench.count(CounterId::kAnsweredByDevice), 1u);
  CHECK_EQ(bench.count(CounterId::kLateResults), 0u);
}

TEST(a_newer_plan_moves_the_cut_of_the_next_inference) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  CHECK_EQ(bench.frame(plan_frame({5, 1, kFlagExploration, 50})), Status::kOk);
  const Seen changed = bench.poll_one();
  CHECK_EQ(changed.action.kind, ActionKind::kPlanChanged);
  CHECK_EQ(changed.action.plan.epoch, 5u);
  CHECK_EQ(bench.ran(0, 2), Status::kOk);
  Header header = {};
  CHECK_EQ(activation(bench.poll_one(), header).plan_epoch, 0u);
  CHECK_EQ(header.cut, uint16_t{2});
  bench.frame(result_frame({1, 2}));
  bench.poll_all();
  bench.input();
  CHECK_EQ(bench.poll_one().action.run.last, uint16_t{1});
  bench.ran(0, 1);
  const ActivationView view = activation(bench.poll_one(), header);
  CHECK_EQ(view.plan_epoch, 5u);
  CHECK_EQ(header.flags, kFlagExploration);
  uint64_t when = 0;
  REQUIRE(bench.session.next_wakeup_us(when));
  CHECK_EQ(when, bench.clock.now + 50000);
}

TEST(plans_that_are_not_newer_or_for_another_model_are_counted) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.frame(plan_frame({0xFFFFFFFFu, 1}));
  CHECK_EQ(bench.frame(plan_frame({0xFFFFFFFFu, 3})), Status::kStale);
  CHECK_EQ(bench.frame(plan_frame({0xFFFFFFF0u, 3})), Status::kStale);
  CHECK_EQ(bench.frame(plan_frame({2, 3})), Status::kOk);  // serial arithmetic: 2 comes after 0xFFFFFFFF
  PlanOf foreign = {9, 3};
  foreign.model = {{1, 2, 3, 4}};
  CHECK_EQ(bench.frame(plan_frame(foreign)), Status::kStale);
  CHECK_EQ(bench.count(CounterId::kStalePlans), 3u);
  CHECK_EQ(bench.session.plan().epoch, 2u);
}

TEST(a_plan_beyond_what_is_on_board_is_refused) {
  SessionBench bench(config_of(4, 3, 2));
  SessionBench::online(bench);
  CHECK(bench.frame(plan_frame({1, 4})) != Status::kOk);
  CHECK_EQ(bench.count(CounterId::kBadFrames), 1u);
  CHECK_EQ(bench.session.plan().cut, uint16_t{2});
  CHECK_EQ(bench.frame(plan_frame({1, 3})), Status::kOk);
}

TEST(the_cut_zero_asks_for_the_input_alone) {
  SessionBench bench(config_of(4, 4, 0));
  SessionBench::online(bench);
  bench.input();
  const Seen run = bench.poll_one();
  CHECK_EQ(run.action.run.first, uint16_t{0});
  CHECK_EQ(run.action.run.last, uint16_t{0});
  CHECK_EQ(bench.ran(0, 0), Status::kOk);
  CHECK_EQ(bench.poll_one().action.publish.leaf, Leaf::kActivation);
  bench.frame(result_frame({1, 0}));
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);
}

TEST(a_profile_runs_the_next_inference_whole_and_reports_every_operator) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.frame(plan_frame({1, 2}));
  CHECK_EQ(bench.frame(command_frame(1, 1)), Status::kOk);
  bench.poll_all();
  bench.input();
  CHECK_EQ(bench.poll_one().action.run.last, uint16_t{4});
  bench.ran(0, 4);
  const std::vector<Seen> seen = bench.poll_all();
  REQUIRE(seen.size() == 2);
  CHECK_EQ(seen[0].action.delivery.reason, Reason::kProfiled);
  Header header = {};
  CHECK_EQ(activation(seen[1], header).operators_timed, uint16_t{4});
  bench.input();
  CHECK_EQ(bench.poll_one().action.run.last, uint16_t{2});
}

TEST(a_profile_of_a_network_too_big_for_the_board_times_what_is_on_board) {
  SessionBench bench(config_of(6, 3, 1));
  SessionBench::online(bench);
  bench.frame(command_frame(1, 1));
  bench.input();
  CHECK_EQ(bench.poll_one().action.run.last, uint16_t{3});
  bench.ran(0, 3);
  Header header = {};
  CHECK_EQ(activation(bench.poll_one(), header).operators_timed, uint16_t{3});
  CHECK_EQ(header.cut, uint16_t{3});
}

TEST(other_commands_go_to_the_driver_once) {
  SessionBench bench;
  SessionBench::online(bench);
  CHECK_EQ(bench.frame(command_frame(2, 1, {9, 8})), Status::kOk);
  CHECK(bench.frame(command_frame(3, 2)) == Status::kBufferTooSmall);  // the first is still to be polled
  const Seen seen = bench.poll_one();
  CHECK_EQ(seen.action.command.id, uint16_t{2});
  CHECK(seen.bytes == Frame({9, 8}));
  CHECK_EQ(bench.frame(command_frame(2, 1, {9, 8})), Status::kDuplicate);
  CHECK(bench.frame(command_frame(3, 2, {}, kBoot - 1)) != Status::kOk);
  bench.frame(command_frame(77, 3));
  CHECK(bench.poll_all().empty());
  CHECK_EQ(bench.count(CounterId::kUnsupportedCommands), 1u);
  CHECK_EQ(bench.session.counters().local.dropped_commands, 1u);
  CHECK_EQ(bench.session.counters().local.repeated_commands, 1u);
}

TEST(telemetry_carries_the_gauges_there_are_and_every_counter) {
  SessionBench bench;
  Gauges gauges;
  gauges.set_signed(Gauge::kRssi, -70);
  bench.session.telemetry(gauges);
  CHECK(bench.poll_all().empty());
  SessionBench::online(bench);
  bench.input();
  bench.session.telemetry(gauges);
  const std::vector<Seen> seen = bench.poll_all();
  REQUIRE(seen.size() == 2);
  CHECK_EQ(seen[0].action.publish.leaf, Leaf::kTelemetry);
  Header header = {};
  Bytes payload;
  TelemetryView view = {};
  REQUIRE(open_frame(bytes_of(seen[0].bytes), header, payload) == Status::kOk);
  CHECK_EQ(read_telemetry(header, payload, view), Status::kOk);
  CHECK_EQ(static_cast<int32_t>(view.gauges.value(Gauge::kRssi)), -70);
  CHECK(!view.gauges.has(Gauge::kHeapNow));
  CHECK_EQ(view.counter_count, uint16_t{12});
  CHECK_EQ(view.counter(0).value, 1u);
}

TEST(a_device_that_goes_by_itself_says_so) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.session.sleeping();
  const Seen seen = bench.poll_one();
  CHECK(std::string(seen.bytes.begin(), seen.bytes.end()).find("sleeping") != std::string::npos);
}

TEST(a_configuration_that_does_not_hold_together_is_refused) {
  for (int wrong = 0; wrong < 6; ++wrong) {
    SessionConfig config = config_of(4, 4, 2);
    config.operators = wrong == 0 ? 0 : config.operators;
    config.on_board = wrong == 1 ? 5 : config.on_board;
    config.deadline_ms = wrong == 2 ? 600001 : config.deadline_ms;
    config.isolate_after = wrong == 3 ? 0 : config.isolate_after;
    config.probe_max_ms = wrong == 4 ? 1 : config.probe_max_ms;
    config.chunk_bytes = wrong == 5 ? 191 : config.chunk_bytes;
    SessionBench memory;
    const MutableBytes result(memory.result.data(), memory.result.size());
    SessionBuffers buffers = {MutableBytes(memory.chunk), result, MutableBytes(memory.plan),
                              MutableBytes(memory.command), Span<uint32_t>(memory.operators_us.data(), 4)};
    CHECK_EQ(check_session(config, buffers), Status::kArgument);
    Session session(memory.clock, buffers);
    CHECK_EQ(session.begin(config), Status::kArgument);
    uint32_t sequence = 0;
    Action action;
    session.connected();
    CHECK_EQ(session.input(sequence), Status::kArgument);
    CHECK(!session.poll(action));
  }
}
