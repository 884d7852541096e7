// A network of lines of bytes, an engine that makes them one at a time, and an edge that computes the rest of it.
#ifndef CUTPOINT_TESTS_LINE_DEVICE_H_
#define CUTPOINT_TESTS_LINE_DEVICE_H_

#include <deque>
#include <utility>
#include <vector>

#include "engine/line_engine.h"
#include "session/driver.h"
#include "session_bench.h"

namespace lines {

using namespace cutpoint;

constexpr uint16_t kOperators = 5;
constexpr size_t kRows = 24;
constexpr size_t kRowBytes = 20;
constexpr size_t kTensorBytes = kRows * kRowBytes;
constexpr uint32_t kUnitUs = 100;
using Values = std::vector<uint8_t>;

// Row `row` of operator `index`: from that row and the next of its input, where there is one. The last operator adds
// what operator 0 made, which is therefore alive from there on.
inline void apply_row(uint16_t index, size_t row, const Values* tensors, Values& to) {
  const Values& from = tensors[index];
  const size_t next = row + 1 < kRows ? row + 1 : row;
  for (size_t i = 0; i < kRowBytes; ++i) {
    const uint32_t skip = index + 1 == kOperators ? tensors[1][row * kRowBytes + i] : 0u;
    to[row * kRowBytes + i] = static_cast<uint8_t>(from[row * kRowBytes + i] * (2u * index + 3u) +
                                                   from[next * kRowBytes + i] + skip + index + 1u);
  }
}

// tensors[0] is the picture, tensors[i + 1] what operator i makes; those up to `cut`, and tensors[1], are there already.
inline Values finished(std::vector<Values> tensors, uint16_t cut) {
  tensors.resize(kOperators + 1, Values(kTensorBytes));
  for (uint16_t i = cut; i < kOperators; ++i) {
    for (size_t row = 0; row < kRows; ++row) {
      apply_row(i, row, tensors.data(), tensors[i + 1u]);
    }
  }
  return tensors[kOperators];
}

inline Values whole(const Values& picture) { return finished({picture}, 0); }

class LineByteEngine final : public Engine, public LineEngine {
 public:
  explicit LineByteEngine(TurnedClock& clock) : clock_(clock) {}

  uint16_t operators() const override { return kOperators; }
  LineEngine* lines() override { return by_line ? this : nullptr; }
  MutableBytes input(size_t index) override {
    return index == 0 ? MutableBytes(picture().data(), kTensorBytes) : MutableBytes();
  }
  Values& picture() { return tensors_[0]; }

  bool run(uint16_t first, uint16_t last, Span<uint32_t> us) override {
    if (!begin(first, last)) {
      return false;
    }
    Step step = Step::kMore;
    while (step == Step::kMore) {
      step = advance();
    }
    operators_us(us);
    return step == Step::kDone;
  }

  bool live(uint16_t cut, Span<TensorView> tensors, size_t& count) override {
    if (cut != last_ || tensors.size() < 2) {
      return false;
    }
    count = 0;
    if (cut > 1 && cut < kOperators) {
      tensors[count++] = view(1);
    }
    tensors[count++] = view(cut);
    return true;
  }

  bool begin(uint16_t first, uint16_t last) override {
    begun.emplace_back(first, last);
    if (broken || first > last || last > kOperators || (first != 0 && (first != last_ || !ended_))) {
      return false;
    }
    for (uint16_t i = first; i < last; ++i) {
      done_[i] = 0;
      tensors_[i + 1u].assign(kTensorBytes, 0xEE);  // what is sent too early shows
    }
    first_ = first;
    last_ = last;
    ended_ = false;
    units = 0;
    return true;
  }

  // The operator nearest to the end that has what its next row needs.
  Step advance() override {
    for (uint16_t i = last_; i-- > first_;) {
      const size_t row = done_[i];
      const size_t there = i == first_ ? lines_there() : done_[i - 1u];
      const size_t needed = row + 2 < kRows ? row + 2 : kRows;
      if (row < kRows && there >= needed) {
        if (units == fails_at) {
          return Step::kFailed;
        }
        apply_row(i, row, tensors_, tensors_[i + 1u]);
        ++done_[i];
        ++units;
        clock_.now += kUnitUs;
        return Step::kMore;
      }
    }
    const bool over = last_ == first_ ? lines_there() == kRows : done_[last_ - 1u] == kRows;
    ended_ = over;
    return over ? Step::kDone : Step::kWaiting;
  }

  size_t ready(size_t place) const override {
    const size_t tensor = place == 0 && last_ > 1 && last_ < kOperators ? 1u : last_;
    return kRowBytes * (tensor == 0 ? lines_there() : done_[tensor - 1]);
  }

  void operators_us(Span<uint32_t> us) const override {
    for (size_t i = 0; i < us.size(); ++i) {
      us[i] = static_cast<uint32_t>(done_[first_ + i]) * kUnitUs;
    }
  }

  bool can_cut(uint16_t cut) const override { return (cuts >> cut & 1u) != 0; }

  std::vector<std::pair<uint16_t, uint16_t>> begun;
  bool by_line = true;
  bool broken = false;
  size_t fails_at = SIZE_MAX;  // units of a range
  size_t picture_lines = kRows;  // that have come when the range begins
  size_t units = 0;  // done of the range
  uint32_t cuts = 0xFFFF;

 private:
  size_t lines_there() const { return first_ != 0 ? kRows : picture_lines < kRows ? picture_lines : kRows; }
  TensorView view(uint16_t tensor) {
    return {tensor, DType::kInt8, Bytes(tensors_[tensor].data(), kTensorBytes), 0};
  }

  TurnedClock& clock_;
  Values tensors_[kOperators + 1] = {Values(kTensorBytes)};
  size_t done_[kOperators] = {};
  uint16_t first_ = 0;
  uint16_t last_ = 0;
  bool ended_ = true;
};

// Keeps every frame of an activation, with how far the engine was, and answers the messages that become whole.
class LineEdge final : public Transport {
 public:
  explicit LineEdge(const LineByteEngine& engine) : engine_(engine) {}

  bool publish(Leaf leaf, Bytes payload, uint8_t, bool) override {
    if (leaf != Leaf::kActivation) {
      return true;
    }
    if (frames.size() == takes) {
      return false;
    }
    frames.emplace_back(payload.begin(), payload.end());
    units.push_back(engine_.units);
    Message message = {};
    if (chunks_.push(payload, message) == Status::kOk) {
      answer(message);
    }
    return true;
  }

  std::vector<Frame> frames;
  std::vector<size_t> units;
  std::deque<Frame> replies;
  std::vector<uint32_t> asked;  // sequences of whole messages
  LastAnswered last = {};       // of the newest whole message
  size_t takes = SIZE_MAX;

 private:
  void answer(const Message& message) {
    asked.push_back(message.header.sequence);
    ActivationView view = {};
    CHECK_EQ(read_activation(message.header, message.payload, view), Status::kOk);
    last = view.last;
    std::vector<Values> tensors(kOperators + 1, Values(kTensorBytes));
    TensorCursor cursor(view.tensors, message.header.codec);
    TensorRecord record = {};
    while (cursor.next(record)) {
      REQUIRE(record.index <= kOperators);
      const MutableBytes raw(tensors[record.index].data(), kTensorBytes);
      CHECK_EQ(decode_tensor(record.codec, record.dtype, record.coded, raw), Status::kOk);
    }
    const bool acknowledged = (message.header.flags & kFlagAnswered) != 0;
    const Values values = finished(tensors, message.header.cut);
    uint8_t memory[kTensorBytes + 64];
    ByteWriter writer{MutableBytes(memory)};
    write_result_head(ResultStatus::kOk, acknowledged ? AnswerKind::kNone : AnswerKind::kRaw, acknowledged ? 0 : 1, 10,
                      writer);
    if (!acknowledged) {
      write_raw_tensor({kOperators, DType::kUint8, bytes_of(values), 0}, writer);
    }
    const Header header = header_of(Kind::kResult, message.header.sequence, message.header.cut);
    for (const Frame& frame : frames_of(header, writer.written())) {
      replies.push_back(frame);
    }
  }

  const LineByteEngine& engine_;
  uint8_t buffer_[4096] = {};
  Reassembler chunks_{MutableBytes(buffer_)};
};

class LineAnswers final : public Listener {
 public:
  void delivered(const Delivery& delivery, Span<const TensorView> outputs) override {
    deliveries.push_back(delivery);
    values.clear();
    if (delivery.by == By::kDevice && outputs.size() == 1) {
      values.assign(outputs[0].data.begin(), outputs[0].data.end());
    }
    ResultView result = {};
    TensorRecord record = {};
    if (delivery.by == By::kEdge && read_result(delivery.header, delivery.payload, result) == Status::kOk &&
        TensorCursor(result.records, delivery.header.codec).next(record)) {
      values.assign(record.coded.begin(), record.coded.end());
    }
  }
  bool commanded(const Command&) override { return false; }
  void plan_changed(const Decision& plan) override { plans.push_back(plan); }

  std::vector<Delivery> deliveries;
  std::vector<Decision> plans;
  Values values;
};

inline SessionConfig line_config(uint16_t cut, size_t chunk_bytes, CodecId codec) {
  SessionConfig config = config_of(kOperators, kOperators, cut);
  config.chunk_bytes = chunk_bytes;
  config.codec = codec;
  return config;
}

struct LineDevice {
  explicit LineDevice(uint16_t cut, size_t chunk_bytes = 256, CodecId codec = CodecId::kRaw)
      : LineDevice(line_config(cut, chunk_bytes, codec)) {}
  explicit LineDevice(const SessionConfig& config, size_t scratch_bytes = 0)
      : bench(config, kTensorBytes + 64, scratch_bytes) {
    driver.connected();
    driver.pump();
  }

  uint32_t show(uint8_t seed) {
    for (size_t i = 0; i < kTensorBytes; ++i) {
      engine.picture()[i] = static_cast<uint8_t>(seed * 7 + i / 3);
    }
    edge.frames.clear();
    edge.units.clear();
    uint32_t sequence = 0;
    CHECK(driver.picture(sequence));
    return sequence;
  }

  // One slice or action after the other until a chunk has left, or there is nothing to do.
  bool pump_until_a_chunk() {
    const size_t before = edge.frames.size();
    while (edge.frames.size() == before) {
      if (!driver.pump_one()) {
        return false;
      }
    }
    return true;
  }

  void reply() {
    bench.clock.now += 500;
    driver.received(bytes_of(edge.replies.front()));
    edge.replies.pop_front();
  }

  // Carries replies until there is an answer, letting time pass when nothing else happens.
  const Delivery& settle(bool edge_answers = true) {
    const size_t before = answers.deliveries.size();
    for (int i = 0; i < 200 && answers.deliveries.size() == before; ++i) {
      driver.pump();
      uint64_t when = 0;
      if (answers.deliveries.size() != before) {
        break;
      }
      if (edge_answers && !edge.replies.empty()) {
        reply();
      } else if (driver.next_wakeup_us(when)) {
        bench.clock.now = when;
      }
    }
    CHECK_EQ(answers.deliveries.size(), before + 1);
    if (answers.deliveries.back().by != By::kNone) {
      CHECK(answers.values == whole(engine.picture()));
    }
    return answers.deliveries.back();
  }

  uint32_t count(CounterId id) const { return bench.count(id); }

  SessionBench bench;
  LineByteEngine engine{bench.clock};
  LineEdge edge{engine};
  LineAnswers answers;
  uint32_t operators_us[kOperators] = {};
  Driver driver{bench.session, engine, edge, answers, Span<uint32_t>(operators_us)};
};

}  // namespace lines

#endif  // CUTPOINT_TESTS_LINE_DEVICE_H_
