// A session on the bench: its memory, a clock to turn, and what it asked for so far.
#ifndef CUTPOINT_TESTS_SESSION_BENCH_H_
#define CUTPOINT_TESTS_SESSION_BENCH_H_

#include <cstdint>
#include <vector>

#include "check.h"
#include "edge_frames.h"
#include "session/session.h"

class TurnedClock final : public cutpoint::Clock {
 public:
  uint64_t now_us() override { return now; }
  uint64_t now = 5000000;
};

inline cutpoint::SessionConfig config_of(uint16_t operators, uint16_t on_board, uint16_t cut) {
  static const uint8_t kAbout[] = {'{', '}'};
  cutpoint::SessionConfig config = {};
  config.model = kModel;
  config.boot = kBoot;
  config.operators = operators;
  config.on_board = on_board;
  config.cut = cut;
  config.chunk_bytes = 256;
  config.about = cutpoint::Bytes(kAbout);
  return config;
}

// An action that outlives the next poll.
struct Seen {
  cutpoint::Action action;
  Frame bytes;  // payload or argument
};

class SessionBench {
 public:
  explicit SessionBench(cutpoint::SessionConfig config = config_of(4, 4, 2), size_t result_bytes = 256,
                        size_t scratch_bytes = 0, size_t history_bytes = 0)
      : config(config),
        result(result_bytes),
        operators_us(config.operators),
        scratch(scratch_bytes),
        history(history_bytes),
        session(clock, buffers()) {
    CHECK_EQ(session.begin(config), cutpoint::Status::kOk);
  }

  // Connected, with the announcement polled away.
  static SessionBench& online(SessionBench& bench) {
    bench.session.connected();
    bench.poll_all();
    return bench;
  }

  std::vector<Seen> poll_all() {
    std::vector<Seen> seen;
    cutpoint::Action action;
    while (seen.size() < 5000 && session.poll(action)) {
      const cutpoint::Bytes bytes = action.kind == cutpoint::ActionKind::kPublish   ? action.publish.payload
                                    : action.kind == cutpoint::ActionKind::kDeliver ? action.delivery.payload
                                                                                    : action.command.argument;
      seen.push_back({action, Frame(bytes.begin(), bytes.end())});
    }
    return seen;
  }

  // The only action there is to poll; of kind kNone when there are none or several.
  Seen poll_one() {
    std::vector<Seen> seen = poll_all();
    CHECK_EQ(seen.size(), size_t{1});
    return seen.size() == 1 ? seen.front() : Seen();
  }

  uint32_t input() {
    uint32_t sequence = 0;
    CHECK_EQ(session.input(sequence), cutpoint::Status::kOk);
    return sequence;
  }

  cutpoint::Status ran(uint16_t first, uint16_t last, bool ok = true, size_t tensor_bytes = 16) {
    tensor.assign(tensor_bytes, 3);
    const std::vector<uint32_t> us(static_cast<size_t>(last - first), 10);
    const cutpoint::TensorView live[] = {{last, cutpoint::DType::kInt8, bytes_of(tensor), 3}};
    return session.ran({first, last, ok, cutpoint::Span<const uint32_t>(us.data(), us.size()),
                        cutpoint::Span<const cutpoint::TensorView>(live)});
  }

  // An input whose head has run and whose tensors have been polled.
  uint32_t ask() {
    const uint32_t sequence = input();
    poll_all();
    CHECK_EQ(ran(0, session.plan().cut), cutpoint::Status::kOk);
    poll_all();
    return sequence;
  }

  cutpoint::Status frame(const Frame& frame) { return session.frame(bytes_of(frame)); }

  void pass_ms(uint64_t ms) {
    clock.now += ms * 1000;
    session.tick();
  }

  // Runs what is asked for until the inference is delivered.
  cutpoint::Delivery finish() {
    for (int i = 0; i < 100; ++i) {
      for (const Seen& seen : poll_all()) {
        if (seen.action.kind == cutpoint::ActionKind::kDeliver) {
          return seen.action.delivery;
        }
        if (seen.action.kind == cutpoint::ActionKind::kRun) {
          ran(seen.action.run.first, seen.action.run.last);
        }
      }
    }
    CHECK(false && "delivered");
    return {};
  }

  // Three inferences that the edge does not answer.
  void isolate() {
    for (int i = 0; i < 3; ++i) {
      ask();
      pass_ms(session.plan().deadline_ms);
      finish();
    }
    CHECK_EQ(session.state(), cutpoint::LinkState::kIsolated);
  }

  uint32_t count(cutpoint::CounterId id) const { return session.counters().value(id); }

  TurnedClock clock;
  cutpoint::SessionConfig config;
  uint8_t chunk[4096] = {};
  std::vector<uint8_t> result;
  uint8_t plan[cutpoint::kMaxPlanPayloadBytes] = {};
  uint8_t command[cutpoint::kMaxCommandPayloadBytes] = {};
  std::vector<uint32_t> operators_us;
  std::vector<uint8_t> tensor;
  std::vector<uint8_t> scratch;
  std::vector<uint8_t> history;
  cutpoint::Session session;

 private:
  cutpoint::SessionBuffers buffers() {
    return {cutpoint::MutableBytes(chunk), cutpoint::MutableBytes(result.data(), result.size()), cutpoint::MutableBytes(plan),
            cutpoint::MutableBytes(command), cutpoint::Span<uint32_t>(operators_us.data(), operators_us.size()),
            cutpoint::MutableBytes(scratch.data(), scratch.size()), cutpoint::MutableBytes(history.data(), history.size())};
  }
};

#endif  // CUTPOINT_TESTS_SESSION_BENCH_H_
