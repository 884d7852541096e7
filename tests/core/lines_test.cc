// A session over an engine that works line by line: what leaves while the head runs, and that nothing else is different.
#include "line_device.h"

#include "frame/message.h"

using namespace lines;

namespace {

constexpr uint8_t kTimed = kFlagTimings;

struct Way {
  std::vector<Frame> frames;
  std::vector<size_t> units;
  Delivery delivery;
};

Way way_of(uint16_t cut, size_t chunk_bytes, CodecId codec, bool by_line) {
  LineDevice device(cut, chunk_bytes, codec);
  device.engine.by_line = by_line;
  device.show(3);
  while (device.edge.replies.empty() && device.driver.pump_one()) {
  }
  const Way way = {device.edge.frames, device.edge.units, {}};
  const Delivery& delivery = device.settle();
  CHECK_EQ(delivery.by, cut == kOperators ? By::kDevice : By::kEdge);
  return {way.frames, way.units, delivery};
}

size_t whole_units(uint16_t cut) { return cut * kRows; }

}  // namespace

TEST(the_frames_are_those_of_an_engine_that_runs_whole_operators) {
  for (const CodecId codec : {CodecId::kRaw, CodecId::kBitmap, CodecId::kJpeg}) {
    for (const size_t chunk_bytes : {size_t{192}, size_t{200}, size_t{256}, size_t{333}, size_t{4096}}) {
      for (uint16_t cut = 0; cut < kOperators; ++cut) {
        const Way sliced = way_of(cut, chunk_bytes, codec, true);
        const Way at_once = way_of(cut, chunk_bytes, codec, false);
        CHECK(!sliced.frames.empty());
        CHECK(sliced.frames == at_once.frames);
        CHECK_EQ(sliced.delivery.bytes_up, at_once.delivery.bytes_up);
        CHECK_EQ(sliced.delivery.reason, at_once.delivery.reason);
      }
    }
  }
}

TEST(a_chunk_leaves_as_soon_as_what_it_carries_is_final_and_the_last_one_after_the_head) {
  for (uint16_t cut = 1; cut < kOperators; ++cut) {
    const Way sliced = way_of(cut, 192, CodecId::kRaw, true);
    REQUIRE(sliced.frames.size() > 3);
    CHECK(sliced.units.front() < whole_units(cut));
    CHECK_EQ(sliced.units.back(), whole_units(cut));
    for (size_t i = 1; i < sliced.units.size(); ++i) {
      CHECK(sliced.units[i - 1] <= sliced.units[i]);
    }
  }
  // One live tensor: 160 bytes of payload hold the head (8), the record (12) and 7 whole lines of 20. Line 6 of operator
  // 0 is its seventh unit.
  CHECK_EQ(way_of(1, 192, CodecId::kRaw, true).units.front(), size_t{7});
}

TEST(a_tensor_that_has_to_be_measured_is_sent_when_the_head_has_run) {
  for (uint16_t cut = 1; cut < kOperators; ++cut) {
    for (const size_t units : way_of(cut, 192, CodecId::kBitmap, true).units) {
      CHECK_EQ(units, whole_units(cut));
    }
  }
}

TEST(every_cut_gives_the_whole_networks_answer_with_and_without_an_edge) {
  for (uint16_t cut = 0; cut <= kOperators; ++cut) {
    for (const bool answers : {true, false}) {
      LineDevice device(cut);
      for (uint8_t seed = 1; seed < 4; ++seed) {
        device.show(seed);
        const Delivery& delivery = device.settle(answers);
        CHECK_EQ(delivery.by, answers && cut != kOperators ? By::kEdge : By::kDevice);
      }
    }
  }
}

TEST(what_is_left_after_a_missed_deadline_is_one_range) {
  LineDevice device(2);
  device.show(1);
  CHECK_EQ(device.settle(false).reason, Reason::kDeadline);
  CHECK(device.engine.begun == (std::vector<std::pair<uint16_t, uint16_t>>{{0, 2}, {2, kOperators}}));
  CHECK_EQ(device.count(CounterId::kDeadlinesMissed), 1u);
}

TEST(the_deadline_counts_from_the_last_chunk) {
  LineDevice device(3, 192);
  device.show(1);
  CHECK(device.pump_until_a_chunk());
  const uint64_t first = device.bench.clock.now;
  while (device.driver.pump_one()) {
  }
  CHECK_EQ(device.bench.session.phase(), Phase::kWait);
  const uint64_t last = device.bench.clock.now;
  CHECK(last > first);
  uint64_t when = 0;
  CHECK(device.driver.next_wakeup_us(when));
  CHECK_EQ(when, last + 1000 * 1000);
}

TEST(the_round_trip_counts_from_the_first_chunk) {
  LineDevice device(3, 192);
  device.show(1);
  CHECK(device.pump_until_a_chunk());
  const uint64_t first = device.bench.clock.now;
  const Delivery& delivery = device.settle();
  CHECK(delivery.measured);
  CHECK_EQ(delivery.round_trip_us, device.bench.clock.now - first);
}

TEST(an_answer_between_two_slices_of_the_finish_wins_and_ends_it) {
  LineDevice device(1);
  device.show(1);
  while (device.edge.replies.empty()) {
    CHECK(device.driver.pump_one());
  }
  device.driver.pump();
  uint64_t when = 0;
  CHECK(device.driver.next_wakeup_us(when));
  device.bench.clock.now = when;
  device.bench.session.tick();
  CHECK(device.driver.pump_one());  // the run begins
  CHECK(device.driver.pump_one());  // a slice
  CHECK_EQ(device.bench.session.phase(), Phase::kRunning);
  const size_t units = device.engine.units;
  CHECK(units != 0 && units < (kOperators - 1) * kRows);
  device.reply();
  device.driver.pump();
  REQUIRE(device.answers.deliveries.size() == 1);
  CHECK_EQ(device.answers.deliveries[0].by, By::kEdge);
  CHECK(device.answers.values == whole(device.engine.picture()));
  CHECK_EQ(device.engine.units, units);
  CHECK_EQ(device.count(CounterId::kLateResults), 1u);
  device.show(2);
  CHECK_EQ(device.settle().by, By::kEdge);
}

TEST(a_hedged_device_gives_the_whole_networks_answer_whoever_is_faster) {
  for (uint16_t cut = 0; cut < kOperators; ++cut) {
    LineDevice device(2);
    device.driver.received(bytes_of(plan_frame({1, cut, kFlagHedged | kTimed, 1000, CodecId::kRaw})));
    device.show(1);
    CHECK_EQ(device.settle(false).reason, Reason::kHedged);
    device.show(2);
    while (device.edge.replies.size() < 2) {
      CHECK(device.driver.pump_one());
    }
    device.edge.replies.pop_front();  // to the first
    device.reply();
    CHECK_EQ(device.settle().by, By::kEdge);
  }
}

TEST(a_slice_is_bounded_in_time_and_units) {
  LineDevice device(kOperators);
  device.show(1);
  CHECK(device.driver.pump_one());
  const uint64_t before = device.bench.clock.now;
  CHECK(device.driver.pump_one());
  CHECK_EQ(device.bench.clock.now - before, uint64_t{kSliceUs});
  uint64_t when = 1;
  CHECK(device.driver.next_wakeup_us(when));
  CHECK(when <= device.bench.clock.now);  // there is more to do
}

TEST(an_engine_that_fails_after_chunks_left_leaves_nothing_behind) {
  for (uint16_t cut = 1; cut < kOperators; ++cut) {
    LineDevice device(cut, 192);
    device.engine.fails_at = whole_units(cut) - 1;
    device.show(1);
    const Delivery& delivery = device.settle();
    CHECK_EQ(delivery.by, By::kNone);
    CHECK_EQ(delivery.reason, Reason::kEngine);
    CHECK(!device.edge.frames.empty());
    CHECK_EQ(delivery.bytes_up, static_cast<uint32_t>(device.edge.frames.size() * 192));
    device.engine.fails_at = SIZE_MAX;
    device.bench.pass_ms(5000);
    CHECK_EQ(device.count(CounterId::kDeadlinesMissed), 0u);
    device.show(2);
    CHECK_EQ(device.settle().by, By::kEdge);
    CHECK(device.edge.asked == std::vector<uint32_t>{2});
  }
}

TEST(a_finish_that_fails_leaves_the_answer_to_the_edge_that_was_asked) {
  LineDevice device(2);
  device.driver.received(bytes_of(plan_frame({1, 2, kFlagHedged, 1000})));
  device.show(1);
  while (device.edge.replies.empty()) {
    CHECK(device.driver.pump_one());
  }
  device.engine.fails_at = 3;
  device.driver.pump();
  CHECK_EQ(device.bench.session.phase(), Phase::kWait);
  device.reply();
  device.driver.pump();
  CHECK_EQ(device.answers.deliveries.back().by, By::kEdge);
}

TEST(a_broker_that_goes_ends_a_message_that_has_begun_to_leave_though_it_comes_back) {
  LineDevice device(3, 192);
  device.show(1);
  CHECK(device.pump_until_a_chunk());
  device.driver.disconnected();
  device.driver.connected();
  CHECK_EQ(device.settle().reason, Reason::kOffline);
  CHECK_EQ(device.edge.frames.size(), size_t{1});
  CHECK(device.edge.asked.empty());
  CHECK(device.engine.begun == (std::vector<std::pair<uint16_t, uint16_t>>{{0, 3}, {3, kOperators}}));
}

TEST(a_broker_that_comes_while_the_head_runs_is_used) {
  LineDevice device(3, 192);
  device.show(1);
  CHECK(device.driver.pump_one());
  device.driver.disconnected();
  CHECK(device.driver.pump_one());
  CHECK(device.edge.frames.empty());
  device.driver.connected();
  CHECK_EQ(device.settle().by, By::kEdge);
  CHECK(device.edge.units.front() < whole_units(3));
}

TEST(a_transport_that_refuses_a_chunk_leaves_the_answer_to_the_device) {
  LineDevice device(3, 192);
  for (size_t takes = 0; takes < 6; ++takes) {
    device.edge.takes = takes;
    device.show(static_cast<uint8_t>(takes));
    CHECK_EQ(device.settle().reason, Reason::kOffline);
    CHECK_EQ(device.edge.frames.size(), takes);
  }
  CHECK(device.edge.asked.empty());
  device.edge.takes = SIZE_MAX;
  device.show(9);
  CHECK_EQ(device.settle().by, By::kEdge);
}

TEST(a_refusal_ends_a_message_that_has_begun_to_leave) {
  LineDevice device(3, 192);
  const uint32_t sequence = device.show(1);
  CHECK(device.pump_until_a_chunk());
  ResultOf refusal = {sequence, 3};
  refusal.status = ResultStatus::kBadFrame;
  device.driver.received(bytes_of(result_frame(refusal)));
  const Delivery& delivery = device.settle();
  CHECK_EQ(delivery.reason, Reason::kRefused);
  CHECK_EQ(delivery.refusal, ResultStatus::kBadFrame);
  CHECK_EQ(device.edge.frames.size(), size_t{1});
}

TEST(an_answer_before_the_message_is_whole_is_a_bad_frame) {
  LineDevice device(3, 192);
  const uint32_t sequence = device.show(1);
  CHECK(device.pump_until_a_chunk());
  device.driver.received(bytes_of(result_frame({sequence, 3})));
  CHECK_EQ(device.count(CounterId::kBadFrames), 1u);
  CHECK_EQ(device.settle().by, By::kEdge);
}

TEST(a_device_that_becomes_isolated_while_its_head_runs_helps_itself) {
  for (const bool by_line : {true, false}) {
    LineDevice device(kOperators, 192);
    device.show(1);
    device.settle();  // answered by itself; the report waits for its acknowledgement
    device.driver.pump();
    device.edge.replies.clear();
    device.driver.received(bytes_of(plan_frame({1, 3, 0, 1000})));
    device.engine.by_line = by_line;
    device.show(2);
    if (by_line) {
      CHECK(device.pump_until_a_chunk());
    } else {
      CHECK(device.bench.session.phase() == Phase::kRun);
    }
    ResultOf unknown = {1, kOperators};
    unknown.status = ResultStatus::kUnknownModel;
    device.driver.received(bytes_of(result_frame(unknown)));
    CHECK_EQ(device.bench.session.state(), LinkState::kIsolated);
    const Delivery& delivery = device.settle();
    CHECK_EQ(delivery.by, By::kDevice);
    CHECK_EQ(delivery.reason, Reason::kIsolated);
    CHECK(device.edge.asked.back() != delivery.sequence);
  }
}

TEST(an_acknowledgement_that_comes_while_the_head_runs_is_in_the_timings) {
  LineDevice device(3, 192);
  device.show(1);
  device.settle(false);  // the answer comes late
  device.show(2);
  CHECK(device.pump_until_a_chunk());
  device.reply();
  CHECK_EQ(device.settle().by, By::kEdge);
  CHECK_EQ(device.edge.last.sequence, 1u);
}

TEST(a_whole_network_run_by_itself_is_reported_after_its_answer) {
  LineDevice device(kOperators, 192);
  device.show(1);
  while (device.answers.deliveries.empty()) {
    CHECK(device.driver.pump_one());
  }
  CHECK_EQ(device.answers.deliveries[0].reason, Reason::kPlanned);
  CHECK(device.answers.values == whole(device.engine.picture()));
  CHECK(device.edge.frames.empty());
  device.driver.pump();
  CHECK(device.edge.asked == std::vector<uint32_t>{1});
}

TEST(a_picture_that_comes_line_by_line_is_computed_and_sent_meanwhile) {
  for (uint16_t cut = 0; cut < kOperators; ++cut) {
    LineDevice device(cut, 192);
    device.engine.picture_lines = 0;
    device.show(1);
    for (size_t lines = 0; lines < kRows; ++lines) {
      while (device.driver.pump_one()) {
      }
      uint64_t when = 0;
      CHECK(!device.driver.next_wakeup_us(when));  // only a line changes anything
      CHECK_EQ(device.answers.deliveries.size(), size_t{0});
      ++device.engine.picture_lines;
    }
    CHECK(!device.edge.frames.empty());
    CHECK_EQ(device.settle().by, By::kEdge);
  }
}

TEST(a_picture_that_is_given_up_fails_the_inference) {
  LineDevice device(2, 192);
  device.driver.give_up_picture();  // nothing runs
  device.engine.picture_lines = 15;
  device.show(1);
  device.driver.pump();
  CHECK(!device.edge.frames.empty());
  device.driver.give_up_picture();
  device.driver.pump();
  CHECK_EQ(device.answers.deliveries.back().reason, Reason::kEngine);
  device.engine.picture_lines = kRows;
  device.show(2);
  CHECK_EQ(device.settle().by, By::kEdge);
  CHECK_EQ(device.bench.session.counters().local.misuse, 0u);
}

TEST(an_engine_that_cannot_begin_is_reported) {
  LineDevice device(2);
  device.engine.broken = true;
  device.show(1);
  CHECK_EQ(device.settle().reason, Reason::kEngine);
}

TEST(what_a_driver_says_out_of_order_changes_nothing) {
  SessionBench bench;
  SessionBench::online(bench);
  const Values memory(64);
  const TensorView whole_bytes[] = {{2, DType::kInt8, bytes_of(memory), 0}};
  const TensorView half[] = {{2, DType::kInt16, bytes_of(memory).first(63), 0}};
  const size_t ready[] = {64};
  CHECK_EQ(bench.session.running({0, 2, Span<const TensorView>(whole_bytes)}), Status::kArgument);
  CHECK(!bench.session.progress(Span<const size_t>(ready)));
  bench.input();
  bench.poll_all();
  CHECK_EQ(bench.session.running({0, 1, Span<const TensorView>(whole_bytes)}), Status::kArgument);
  CHECK_EQ(bench.session.running({0, 2, Span<const TensorView>(half)}), Status::kArgument);
  CHECK(!bench.session.progress(Span<const size_t>(ready)));
  CHECK_EQ(bench.session.running({0, 2, Span<const TensorView>(whole_bytes)}), Status::kOk);
  CHECK(!bench.session.progress(Span<const size_t>(ready)));  // the only chunk is the last one
  CHECK_EQ(bench.session.running({0, 2, Span<const TensorView>(whole_bytes)}), Status::kArgument);  // once is enough
  CHECK_EQ(bench.session.counters().local.misuse, 4u);
  CHECK_EQ(bench.ran(0, 2), Status::kOk);
  CHECK_EQ(bench.poll_one().action.kind, ActionKind::kPublish);
}
