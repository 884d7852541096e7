// A driver with an engine whose operators are arithmetic on bytes, and an edge that computes the rest of it.
#include "session/driver.h"

#include <deque>

#include "session_bench.h"

using namespace cutpoint;

namespace {

constexpr uint16_t kOperators = 5;
constexpr size_t kWidth = 40;
using Values = std::vector<uint8_t>;

// Operator i multiplies by an odd number and adds another: no two orders of operators give the same bytes.
void apply(uint16_t index, Values& values) {
  for (uint8_t& value : values) {
    value = static_cast<uint8_t>(value * (2 * index + 3) + index + 1);
  }
}

Values whole(const Values& picture) {
  Values values = picture;
  for (uint16_t i = 0; i < kOperators; ++i) {
    apply(i, values);
  }
  return values;
}

class ByteEngine final : public Engine {
 public:
  explicit ByteEngine(TurnedClock& clock) : clock_(clock) {}
  uint16_t operators() const override { return kOperators; }
  bool run(uint16_t first, uint16_t last, Span<uint32_t> operators_us) override {
    if (broken || (first != 0 && first != at_)) {
      return false;
    }
    if (first == 0) {
      values_ = picture;
    }
    for (uint16_t i = first; i < last; ++i) {
      apply(i, values_);
      clock_.now += 1000;
      operators_us[static_cast<size_t>(i - first)] = 1000;
    }
    at_ = last;
    return true;
  }
  bool live(uint16_t cut, Span<TensorView> tensors, size_t& count) override {
    const Values& values = cut == 0 ? picture : values_;
    if (tensors.empty() || broken || cut != at_) {  // live where the last run ended, and nowhere else
      return false;
    }
    tensors[0] = {cut, DType::kUint8, bytes_of(values), 0};
    count = 1;
    return true;
  }
  MutableBytes input(size_t index) override {
    return index == 0 ? MutableBytes(picture.data(), picture.size()) : MutableBytes();
  }

  Values picture = Values(kWidth);
  bool broken = false;

 private:
  TurnedClock& clock_;
  Values values_;
  uint16_t at_ = 0;
};

// Answers what is published to it, when asked to.
class ByteEdge final : public Transport {
 public:
  bool publish(Leaf leaf, Bytes payload, uint8_t, bool) override {
    if (!takes) {
      return false;
    }
    ++published[static_cast<size_t>(leaf)];
    leaves.push_back(leaf);
    if (leaf == Leaf::kNote) {
      said.emplace_back(reinterpret_cast<const char*>(payload.data()), payload.size());
    }
    Message message = {};
    if (leaf == Leaf::kActivation && chunks_.push(payload, message) == Status::kOk) {
      answer(message);
    }
    return true;
  }

  std::deque<Frame> replies;
  uint32_t published[kLeaves] = {};
  std::vector<Leaf> leaves;
  std::vector<std::string> said;
  bool takes = true;

 private:
  void answer(const Message& message) {
    ActivationView view = {};
    CHECK_EQ(read_activation(message.header, message.payload, view), Status::kOk);
    TensorCursor tensors(view.tensors, message.header.codec);
    TensorRecord record = {};
    REQUIRE(tensors.next(record));
    Values values(record.raw_bytes);
    CHECK_EQ(decode_tensor(record.codec, record.dtype, record.coded, MutableBytes(values.data(), values.size())),
             Status::kOk);
    for (uint16_t i = message.header.cut; i < kOperators; ++i) {
      apply(i, values);
    }
    uint8_t memory[256];
    ByteWriter writer{MutableBytes(memory)};
    write_result_head(ResultStatus::kOk, AnswerKind::kRaw, 1, 10, writer);
    write_raw_tensor({kOperators, DType::kUint8, bytes_of(values), 0}, writer);
    const Header header = header_of(Kind::kResult, message.header.sequence, message.header.cut);
    for (const Frame& frame : frames_of(header, writer.written(), 96)) {
      replies.push_back(frame);
    }
  }

  uint8_t buffer_[1024] = {};
  Reassembler chunks_{MutableBytes(buffer_)};
};

class Answers final : public Listener {
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
  bool commanded(const Command& command) override {
    if (notes != nullptr) {
      notes->put(command.argument);
    }
    return command.id == 2;
  }
  void plan_changed(const Decision& plan) override { epoch = plan.epoch; }

  std::vector<Delivery> deliveries;
  Values values;
  uint32_t epoch = 0;
  Notes* notes = nullptr;
};

struct Device {
  explicit Device(uint16_t cut) : bench(config_of(kOperators, kOperators, cut)) {
    driver.connected();
    driver.pump();
  }

  // Shows a picture and carries replies until there is an answer, letting time pass when nothing else happens.
  const Delivery& infer(uint8_t seed, bool edge_answers) {
    for (size_t i = 0; i < kWidth; ++i) {
      engine.picture[i] = static_cast<uint8_t>(seed * 7 + i);
    }
    const size_t before = answers.deliveries.size();
    uint32_t sequence = 0;
    CHECK(driver.picture(sequence));
    for (int i = 0; i < 50 && answers.deliveries.size() == before; ++i) {
      driver.pump();
      uint64_t when = 0;
      if (edge_answers && !edge.replies.empty()) {
        bench.clock.now += 500;
        driver.received(bytes_of(edge.replies.front()));
        edge.replies.pop_front();
      } else if (driver.next_wakeup_us(when)) {
        bench.clock.now = when;
      }
    }
    CHECK_EQ(answers.deliveries.size(), before + 1);
    CHECK(answers.values == whole(engine.picture));
    edge.replies.clear();
    return answers.deliveries.back();
  }

  SessionBench bench;
  ByteEngine engine{bench.clock};
  ByteEdge edge;
  Answers answers;
  uint32_t operators_us[kOperators] = {};
  NoteSlot slots[2] = {};
  Notes notes{Span<NoteSlot>(slots)};
  Driver driver{bench.session, engine, edge, answers, Span<uint32_t>(operators_us), &notes};
};

}  // namespace

TEST(every_cut_gives_the_whole_networks_answer_from_the_edge) {
  for (uint16_t cut = 0; cut < kOperators; ++cut) {
    Device device(cut);
    CHECK_EQ(device.infer(1, true).by, By::kEdge);
    CHECK_EQ(device.infer(2, true).by, By::kEdge);
  }
}

TEST(every_cut_gives_the_whole_networks_answer_when_the_edge_is_silent) {
  for (uint16_t cut = 0; cut <= kOperators; ++cut) {
    Device device(cut);
    for (uint8_t i = 0; i < 6; ++i) {
      CHECK_EQ(device.infer(i, false).by, By::kDevice);
    }
    CHECK(device.bench.session.state() == LinkState::kIsolated || cut == kOperators);
  }
}

TEST(a_hedged_device_gives_the_whole_networks_answer_whoever_is_faster) {
  for (uint16_t cut = 0; cut < kOperators; ++cut) {
    Device device(cut);
    device.driver.received(bytes_of(plan_frame({1, cut, kFlagHedged, 1000, CodecId::kBitmap})));
    CHECK_EQ(device.infer(3, false).reason, Reason::kHedged);
    CHECK_EQ(device.answers.epoch, 1u);
  }
}

TEST(a_transport_that_refuses_leaves_the_answer_to_the_device) {
  Device device(2);
  device.edge.takes = false;
  CHECK_EQ(device.infer(4, true).reason, Reason::kOffline);
  device.edge.takes = true;
  CHECK_EQ(device.infer(5, true).by, By::kEdge);
}

TEST(a_broken_engine_is_reported_and_the_next_inference_goes_well) {
  Device device(2);
  device.engine.broken = true;
  uint32_t sequence = 0;
  CHECK(device.driver.picture(sequence));
  device.driver.pump();
  CHECK_EQ(device.answers.deliveries.back().reason, Reason::kEngine);
  device.engine.broken = false;
  CHECK_EQ(device.infer(6, true).by, By::kEdge);
}

TEST(a_command_that_the_application_cannot_obey_is_counted) {
  Device device(2);
  device.driver.received(bytes_of(command_frame(2, 1)));
  device.driver.pump();
  device.driver.received(bytes_of(command_frame(5, 2)));
  device.driver.pump();
  CHECK_EQ(device.bench.count(CounterId::kUnsupportedCommands), 1u);
}

TEST(a_second_picture_waits_for_the_first_answer) {
  Device device(2);
  uint32_t sequence = 0;
  CHECK(device.driver.picture(sequence));
  CHECK(!device.driver.picture(sequence));
}

TEST(a_note_waits_for_the_broker_and_comes_after_state_and_about) {
  Device device(2);
  device.driver.disconnected();
  device.driver.pump();
  device.edge.leaves.clear();
  for (const char* text : {"first", "second", "third"}) {
    device.notes.put(Bytes(reinterpret_cast<const uint8_t*>(text), std::strlen(text)));
  }
  device.driver.pump();
  CHECK(device.edge.leaves.empty());
  device.driver.connected();
  device.driver.pump();
  CHECK(device.edge.leaves == (std::vector<Leaf>{Leaf::kState, Leaf::kAbout, Leaf::kNote, Leaf::kNote}));
  CHECK(device.edge.said == (std::vector<std::string>{"second", "third"}));
  CHECK_EQ(device.notes.dropped(), 1u);
}

TEST(a_note_that_the_transport_does_not_take_is_kept) {
  Device device(2);
  device.edge.takes = false;
  device.notes.put(Bytes(reinterpret_cast<const uint8_t*>("late"), 4));
  device.driver.pump();
  CHECK(device.edge.said.empty());
  device.edge.takes = true;
  device.driver.pump();
  CHECK(device.edge.said == std::vector<std::string>{"late"});
  CHECK(device.notes.empty());
}

TEST(a_listener_may_say_something_about_a_command_at_once) {
  Device device(2);
  device.answers.notes = &device.notes;
  device.driver.received(bytes_of(command_frame(4, 1, {0x7B, 0x7D})));
  device.driver.pump();
  CHECK_EQ(device.edge.published[static_cast<size_t>(Leaf::kNote)], 1u);
}
