// Rule 8 of the protocol, and the clock that it runs by.
#include "session/session.h"
#include "session_bench.h"

using namespace cutpoint;

namespace {

// Answers one inference alone; true when a probe went out with it.
bool probes(SessionBench& bench) {
  bench.input();
  bench.poll_all();
  bench.ran(0, bench.config.operators);
  bool probe = false;
  for (const Seen& seen : bench.poll_all()) {
    Header header = {};
    Bytes payload;
    if (seen.action.kind == ActionKind::kPublish && open_frame(bytes_of(seen.bytes), header, payload) == Status::kOk) {
      CHECK_EQ(header.cut, bench.config.operators);
      CHECK_EQ(header.flags & (kFlagAnswered | kFlagProbe), kFlagAnswered | kFlagProbe);
      probe = true;
    }
  }
  return probe;
}

}  // namespace

TEST(three_missed_deadlines_in_a_row_isolate) {
  SessionBench bench;
  SessionBench::online(bench);
  for (int i = 0; i < 2; ++i) {
    bench.ask();
    bench.pass_ms(1000);
    bench.finish();
  }
  CHECK_EQ(bench.session.state(), LinkState::kOnline);
  bench.ask();
  bench.frame(result_frame({3, 2}));
  bench.poll_all();
  bench.isolate();  // an answer broke the row: three more
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), 5u);
}

TEST(an_isolated_device_answers_at_once) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.isolate();
  bench.input();
  CHECK_EQ(bench.poll_one().action.run.last, uint16_t{4});
  bench.ran(0, 4);
  const Delivery delivery = bench.poll_one().action.delivery;
  CHECK_EQ(delivery.by, By::kDevice);
  CHECK_EQ(delivery.reason, Reason::kIsolated);
}

TEST(the_probe_interval_doubles_up_to_a_minute) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.isolate();
  const uint64_t intervals_ms[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
  for (const uint64_t ms : intervals_ms) {
    bench.pass_ms(ms - 1);
    CHECK(!probes(bench));
    bench.pass_ms(1);
    CHECK(probes(bench));
  }
  CHECK_EQ(bench.count(CounterId::kProbes), 8u);
}

TEST(the_first_acknowledgement_ends_the_isolation) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.isolate();
  bench.pass_ms(1000);
  CHECK(probes(bench));
  CHECK_EQ(bench.frame(result_frame({4, 4, ResultStatus::kOk, AnswerKind::kNone})), Status::kOk);
  CHECK_EQ(bench.session.state(), LinkState::kOnline);
  bench.input();
  CHECK_EQ(bench.poll_one().action.run.last, uint16_t{2});
}

TEST(a_late_answer_does_not_end_the_isolation) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.isolate();
  CHECK_EQ(bench.frame(result_frame({3, 2})), Status::kOk);
  CHECK_EQ(bench.session.state(), LinkState::kIsolated);
}

TEST(a_refused_probe_proves_nothing) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.isolate();
  bench.pass_ms(1000);
  CHECK(probes(bench));
  bench.frame(result_frame({4, 4, ResultStatus::kUnknownModel}));
  CHECK_EQ(bench.session.state(), LinkState::kIsolated);
}

TEST(a_new_connection_starts_the_probe_interval_afresh) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.isolate();
  for (const uint64_t ms : {1000, 2000, 4000}) {
    bench.pass_ms(ms);
    CHECK(probes(bench));
  }
  bench.session.disconnected();
  CHECK_EQ(bench.session.state(), LinkState::kOffline);
  SessionBench::online(bench);
  CHECK_EQ(bench.session.state(), LinkState::kIsolated);
  bench.pass_ms(1000);
  CHECK(probes(bench));
}

TEST(a_board_that_cannot_finish_probes_with_the_question_itself) {
  SessionBench bench(config_of(6, 3, 2));
  SessionBench::online(bench);
  for (int i = 0; i < 3; ++i) {
    bench.ask();
    bench.pass_ms(1000);
    bench.poll_all();
  }
  CHECK_EQ(bench.session.state(), LinkState::kIsolated);
  bench.input();
  CHECK_EQ(bench.poll_one().action.delivery.reason, Reason::kIsolated);
  bench.pass_ms(1000);
  CHECK_EQ(bench.ask(), 5u);
  bench.frame(result_frame({5, 2}));
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);
  CHECK_EQ(bench.session.state(), LinkState::kOnline);
}

TEST(unacknowledged_reports_isolate_however_fast_they_come) {
  SessionBench bench(config_of(4, 4, 4));
  SessionBench::online(bench);
  for (int i = 0; i < 200 && bench.session.state() == LinkState::kOnline; ++i) {
    bench.ask();
    bench.pass_ms(10);
  }
  CHECK_EQ(bench.session.state(), LinkState::kIsolated);
  CHECK(bench.session.counters().local.unsent_reports > 0);
}

TEST(a_device_that_overslept_several_deadlines_is_not_isolated_for_it) {
  SessionBench bench(config_of(4, 4, 4));
  SessionBench::online(bench);
  for (int i = 0; i < 6; ++i) {
    bench.ask();
  }
  bench.pass_ms(60000);
  CHECK_EQ(bench.count(CounterId::kDeadlinesMissed), 6u);
  CHECK_EQ(bench.session.state(), LinkState::kOnline);
}

TEST(a_clock_set_back_neither_hangs_nor_fires_a_deadline) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.pass_ms(400);
  bench.clock.now = 1000;
  bench.session.tick();
  CHECK(bench.poll_all().empty());
  uint64_t when = 0;
  REQUIRE(bench.session.next_wakeup_us(when));
  CHECK_EQ(when, uint64_t{1000 + 600000});
  bench.pass_ms(600);
  CHECK_EQ(bench.finish().reason, Reason::kDeadline);
  CHECK_EQ(bench.session.counters().local.clock_jumps, 1u);
}

TEST(a_clock_set_ahead_fires_nothing) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.pass_ms(3600 * 1000);
  CHECK(bench.poll_all().empty());
  CHECK_EQ(bench.session.counters().local.clock_jumps, 1u);
  bench.pass_ms(1000);
  CHECK_EQ(bench.finish().reason, Reason::kDeadline);
}

TEST(a_round_trip_over_a_clock_jump_is_no_measure) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.pass_ms(5);
  bench.clock.now = 0;
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kOk);
  const Delivery delivery = bench.poll_one().action.delivery;
  CHECK_EQ(delivery.by, By::kEdge);
  CHECK(!delivery.measured);
  CHECK_EQ(bench.session.last_answered().sequence, 0u);
}

TEST(a_residence_longer_than_the_round_trip_is_no_measure) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.ask();
  bench.clock.now += 99;
  bench.frame(result_frame({1, 2}));
  CHECK_EQ(bench.poll_one().action.delivery.by, By::kEdge);
  CHECK_EQ(bench.session.last_answered().sequence, 0u);
}

TEST(an_idle_device_may_sleep_for_hours) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.isolate();
  bench.pass_ms(5 * 3600 * 1000);
  CHECK(probes(bench));
  CHECK_EQ(bench.session.counters().local.clock_jumps, 0u);
}

TEST(a_clock_set_back_while_idle_brings_no_probe_forward) {
  SessionBench bench;
  SessionBench::online(bench);
  bench.isolate();
  bench.clock.now = 0;
  CHECK(!probes(bench));
  bench.pass_ms(1000);
  CHECK(probes(bench));
}

TEST(a_refusal_breaks_the_row_of_missed_deadlines) {
  SessionBench bench;
  SessionBench::online(bench);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 2; ++i) {
      bench.ask();
      bench.pass_ms(1000);
      bench.finish();
    }
    const uint32_t refused = bench.ask();
    bench.frame(result_frame({refused, 2, ResultStatus::kOverloaded}));
    bench.finish();
  }
  CHECK_EQ(bench.session.state(), LinkState::kOnline);
}
