// A session with codec tables: which plans it follows, what it sends, and what codec delta takes for known.
#include "codec/lowbit/lowbit.h"
#include "line_device.h"
#include "session/session.h"
#include "session_bench.h"
#include "tables_file.h"

using namespace cutpoint;
using tables_file::File;
using tables_file::Setting;

namespace {

constexpr uint16_t kElements = 64;
constexpr ModelId kOther = {{0xAA, 0xBB, 0xCC, 0xDD}};

tables_file::Tensor line_of(uint16_t elements) { return {1, elements, 1, 16}; }

const std::vector<Setting> kSettings = {{2, CodecId::kLowbit, {line_of(kElements)}},
                                        {2, CodecId::kRans, {line_of(kElements)}},
                                        {1, CodecId::kRans, {line_of(kElements)}},
                                        {2, CodecId::kDelta, {line_of(kElements)}}};

File tables_of(const std::vector<Setting>& settings, const ModelId& model = ::kModel) {
  return tables_file::file_of(settings, model);
}

uint32_t version_of(const File& file) { return load_u32(file.get().data() + 12); }

// What is asked for in a message, and what its only tensor is.
struct Coded {
  Header header = {};
  uint8_t setting = 0;
  CodecId codec = CodecId::kRaw;
  uint32_t encode_us = 0;
  Frame bytes;
  uint8_t age() const { return bytes.size() > 2 ? bytes[2] : uint8_t{255}; }  // of codec delta
};

SessionConfig configured(const File& file, uint16_t operators = 4) {
  SessionConfig config = config_of(operators, operators, 2);
  config.chunk_bytes = 1024;
  config.isolate_after = 100;
  config.tables = file.get();
  return config;
}

class Device {
 public:
  explicit Device(size_t scratch_bytes = 1024, size_t history_bytes = 2 * kElements, bool with_tables = true)
      : file(with_tables ? tables_of(kSettings) : File({})),
        bench(configured(file), 256, scratch_bytes, history_bytes) {
    SessionBench::online(bench);
  }

  Status plan(uint32_t epoch, uint16_t cut, CodecId codec, const Frame& parameters, uint8_t flags = 0) {
    PlanOf plan = {epoch, cut, flags};
    plan.codec = codec;
    plan.parameters = parameters;
    return bench.frame(plan_frame(plan));
  }

  // Follows a setting of the tables on board.
  void follow(uint8_t setting, uint8_t flags = 0) {
    const Setting& wanted = kSettings[setting - 1u];
    CHECK_EQ(plan(setting, wanted.cut, wanted.codec, setting_parameters(setting, version_of(file)), flags),
             Status::kOk);
    bench.poll_all();
  }

  // An inference whose head has run; what left for it.
  Coded ask(uint8_t value = 7, uint16_t cut = 0) {
    sequence = bench.input();
    bench.poll_all();
    tensor.assign(kElements, value);
    tensor[5] = 0xF3;
    cut = cut == 0 ? bench.session.plan().cut : cut;
    const std::vector<uint32_t> us(cut, 10);
    const TensorView live[] = {{cut, DType::kInt8, bytes_of(tensor), 0}};
    CHECK_EQ(bench.session.ran({0, cut, true, Span<const uint32_t>(us.data(), us.size()), Span<const TensorView>(live)}),
             Status::kOk);
    return sent();
  }

  Coded sent() {
    Coded coded;
    for (const Seen& seen : bench.poll_all()) {
      if (seen.action.kind != ActionKind::kPublish || seen.action.publish.leaf != Leaf::kActivation) {
        continue;
      }
      Bytes payload;
      ActivationView view = {};
      TensorRecord record = {};
      CHECK_EQ(open_frame(bytes_of(seen.bytes), coded.header, payload), Status::kOk);
      CHECK_EQ(read_activation(coded.header, payload, view), Status::kOk);
      CHECK(TensorCursor(view.tensors, coded.header.codec).next(record));
      coded.setting = view.setting;
      coded.encode_us = view.encode_us;
      coded.codec = record.codec;
      coded.bytes.assign(record.coded.begin(), record.coded.end());
      return coded;
    }
    CHECK(false && "an activation was sent");
    return coded;
  }

  void answer(uint32_t to, uint16_t cut = 2) { CHECK_EQ(bench.frame(result_frame({to, cut})), Status::kOk); }
  void answer() {
    answer(sequence);
    bench.poll_all();
  }
  void refuse(uint32_t to, ResultStatus status) {
    CHECK_EQ(bench.frame(result_frame({to, 2, status})), Status::kOk);
    bench.finish();
  }
  void lose() {
    bench.pass_ms(bench.session.plan().deadline_ms);
    bench.finish();
  }

  File file;
  Frame tensor;
  SessionBench bench;
  uint32_t sequence = 0;
};

// The levels two to a byte, behind the low half of the version.
Frame lowbit_of(const Frame& tensor, uint32_t version) {
  Frame coded = {static_cast<uint8_t>(version), static_cast<uint8_t>(version >> 8)};
  for (size_t i = 0; i < tensor.size(); i += 2) {
    coded.push_back(static_cast<uint8_t>(tensor[i] / 16 | tensor[i + 1] / 16 << 4));
  }
  return coded;
}

}  // namespace

TEST(a_plan_with_a_setting_of_the_tables_on_board_is_followed) {
  Device device;
  device.follow(1, kFlagExploration);
  CHECK_EQ(device.bench.session.plan().codec, CodecId::kLowbit);
  CHECK_EQ(device.bench.session.plan().setting, 1);
  const Coded sent = device.ask();
  CHECK_EQ(sent.header.codec, CodecId::kLowbit);
  CHECK_EQ(sent.header.flags, kFlagExploration);
  CHECK_EQ(sent.setting, 1);
  CHECK_EQ(sent.codec, CodecId::kLowbit);
  CHECK(sent.bytes == lowbit_of(device.tensor, version_of(device.file)));
  device.answer(device.sequence);
  const Delivery delivery = device.bench.finish();
  CHECK_EQ(delivery.by, By::kEdge);
  CHECK_EQ(delivery.codec, CodecId::kLowbit);
  CHECK_EQ(delivery.setting, 1);
  CHECK_EQ(device.bench.session.counters().local.unfit_codecs, 0u);
}

TEST(a_plan_with_what_is_not_in_the_tables_is_followed_raw_at_its_cut_and_explores_nothing) {
  Device device;
  const uint32_t version = version_of(device.file);
  struct Case {
    uint16_t cut;
    CodecId codec;
    Frame parameters;
  };
  const std::vector<Case> cases = {{2, CodecId::kLowbit, setting_parameters(1, version ^ 1)},
                                   {1, CodecId::kLowbit, setting_parameters(1, version)},   // a setting of another cut
                                   {2, CodecId::kLowbit, setting_parameters(2, version)},   // of another codec
                                   {2, CodecId::kSlicer, setting_parameters(1, version)},
                                   {2, CodecId::kLowbit, setting_parameters(0, version)},
                                   {2, CodecId::kLowbit, setting_parameters(5, version)},
                                   {2, CodecId::kLowbit, {1, 2, 3, 4}},
                                   {2, CodecId::kLowbit, {}},
                                   {2, CodecId::kLowbit, {1, 2, 3, 4, 5, 6}}};
  uint32_t epoch = 0;
  for (const Case& one : cases) {
    ++epoch;
    CHECK_EQ(device.plan(epoch, one.cut, one.codec, one.parameters, kFlagExploration | kFlagHedged), Status::kOk);
    const Decision& plan = device.bench.session.plan();
    CHECK_EQ(plan.epoch, epoch);
    CHECK_EQ(plan.cut, one.cut);
    CHECK_EQ(plan.codec, CodecId::kRaw);
    CHECK_EQ(plan.setting, 0);
    CHECK_EQ(plan.flags, kFlagHedged);
    CHECK_EQ(device.bench.session.counters().local.unfit_codecs, epoch);
  }
  CHECK_EQ(device.bench.count(CounterId::kBadFrames), 0u);
  device.bench.poll_all();
  const Coded sent = device.ask();
  CHECK_EQ(sent.header.codec, CodecId::kRaw);
  CHECK_EQ(sent.setting, 0);
  CHECK(sent.bytes == device.tensor);
}

TEST(without_tables_every_calibrated_codec_is_raw) {
  Device device(1024, 0, false);
  for (const CodecId codec : {CodecId::kLowbit, CodecId::kRans, CodecId::kSlicer, CodecId::kDelta}) {
    CHECK_EQ(device.plan(static_cast<uint32_t>(codec), 2, codec, setting_parameters(1, 0)), Status::kOk);
    CHECK_EQ(device.bench.session.plan().codec, CodecId::kRaw);
  }
}

TEST(the_configuration_may_hold_a_setting_and_must_hold_one_that_is_there) {
  const File file = tables_of(kSettings);
  SessionConfig config = configured(file);
  config.codec = CodecId::kRans;
  config.setting = 2;
  SessionBench bench(config, 256, 1024);
  CHECK_EQ(bench.session.plan().setting, 2);
  for (const uint8_t setting : {0, 1, 3, 5}) {
    config.setting = setting;
    TurnedClock clock;
    Session session(clock, {MutableBytes(bench.chunk), MutableBytes(bench.result.data(), 256), MutableBytes(bench.plan),
                            MutableBytes(bench.command), Span<uint32_t>(bench.operators_us.data(), 4)});
    CHECK_EQ(session.begin(config), Status::kArgument);
  }
  config.codec = CodecId::kBitmap;
  config.setting = 2;
  TurnedClock clock;
  Session session(clock, {MutableBytes(bench.chunk), MutableBytes(bench.result.data(), 256), MutableBytes(bench.plan),
                          MutableBytes(bench.command), Span<uint32_t>(bench.operators_us.data(), 4)});
  CHECK_EQ(session.begin(config), Status::kArgument);
  config.setting = 0;
  const File others = tables_of(kSettings, kOther);
  config.tables = others.get();
  CHECK_EQ(session.begin(config), Status::kTables);
  config.tables = file.get().first(file.get().size() - 1);
  CHECK(session.begin(config) != Status::kOk);
  config.tables = file.get();
  CHECK_EQ(session.begin(config), Status::kOk);
}

TEST(a_new_model_brings_its_tables_and_tables_that_are_none_change_nothing) {
  Device device;
  device.follow(1);
  SessionConfig next = configured(device.file);
  next.model = kOther;
  CHECK_EQ(device.bench.session.change_model(next), Status::kTables);
  CHECK_EQ(device.bench.session.plan().codec, CodecId::kLowbit);
  CHECK_EQ(device.ask().setting, 1);
  device.answer();
  const File file = tables_of({{2, CodecId::kRans, {line_of(kElements)}}}, kOther);
  next.tables = file.get();
  CHECK_EQ(device.bench.session.change_model(next), Status::kOk);
  CHECK_EQ(device.bench.session.plan().codec, CodecId::kRaw);
  device.bench.poll_all();
  PlanOf plan = {9, 2};
  plan.model = kOther;
  plan.codec = CodecId::kRans;
  plan.parameters = setting_parameters(1, version_of(file));
  CHECK_EQ(device.bench.frame(plan_frame(plan)), Status::kOk);
  CHECK_EQ(device.bench.session.plan().codec, CodecId::kRans);
  device.bench.poll_all();
  const Coded sent = device.ask();
  CHECK(sent.header.model == kOther);
  CHECK_EQ(sent.codec, CodecId::kRans);
  next.tables = Bytes();
  device.bench.frame(result_frame({device.sequence, 2, ResultStatus::kOk, AnswerKind::kClasses, 1, 100, kBoot, kOther}));
  device.bench.poll_all();
  CHECK_EQ(device.bench.session.change_model(next), Status::kOk);
  plan.epoch = 10;
  CHECK_EQ(device.bench.frame(plan_frame(plan)), Status::kOk);
  CHECK_EQ(device.bench.session.plan().codec, CodecId::kRaw);
}

TEST(what_finds_no_room_to_be_made_whole_in_goes_raw_under_the_setting_that_was_asked_for) {
  for (const size_t scratch_bytes : {size_t{0}, size_t{8}, size_t{1024}}) {
    Device device(scratch_bytes);
    device.follow(2);
    const Coded sent = device.ask();
    CHECK_EQ(sent.header.codec, CodecId::kRans);
    CHECK_EQ(sent.setting, 2);
    CHECK_EQ(sent.codec, scratch_bytes == 1024 ? CodecId::kRans : CodecId::kRaw);
    CHECK(sent.bytes.size() < kElements || sent.bytes == device.tensor);
  }
}

TEST(a_profile_and_a_report_are_of_another_cut_and_raw) {
  Device device;
  device.follow(2);
  CHECK_EQ(device.bench.frame(command_frame(1, 9)), Status::kOk);
  device.bench.input();
  device.bench.poll_all();
  CHECK_EQ(device.bench.ran(0, 4), Status::kOk);
  const Coded report = device.sent();
  CHECK_EQ(report.header.cut, 4);
  CHECK_EQ(report.header.codec, CodecId::kRaw);
  CHECK_EQ(report.setting, 0);
}

TEST(lowbit_leaves_while_the_head_runs_and_rans_waits_for_it) {
  const File file =
      tables_of({{1, CodecId::kLowbit, {line_of(lines::kTensorBytes)}}, {1, CodecId::kRans, {line_of(lines::kTensorBytes)}}});
  for (const CodecId codec : {CodecId::kLowbit, CodecId::kRans}) {
    SessionConfig config = lines::line_config(1, 192, codec);
    config.tables = file.get();
    config.setting = codec == CodecId::kLowbit ? 1 : 2;
    lines::LineDevice device(config, 1024);
    device.show(3);
    REQUIRE(device.pump_until_a_chunk());
    CHECK_EQ(device.edge.units.front() < lines::kRows, codec == CodecId::kLowbit);
    CHECK_EQ(device.edge.frames.front()[kHeaderBytes + kActivationHeadBytes + 3], static_cast<uint8_t>(codec));
  }
}

TEST(a_change_is_told_against_the_last_frame_that_was_answered) {
  Device device;
  device.follow(4);
  CHECK_EQ(device.ask().age(), 0);  // a key frame
  device.answer();
  const Coded change = device.ask();
  CHECK_EQ(change.codec, CodecId::kDelta);
  CHECK_EQ(change.age(), 1);
  device.lose();
  CHECK_EQ(device.ask().age(), 2);  // the reference is the same
  device.answer();
  CHECK_EQ(device.ask().age(), 1);
}

TEST(an_answer_that_is_late_counts_as_long_as_no_other_frame_was_coded) {
  Device device;
  device.follow(4);
  device.ask();
  device.lose();
  device.answer(device.sequence);
  CHECK_EQ(device.bench.count(CounterId::kLateResults), 1u);
  CHECK_EQ(device.ask().age(), 1);
  const uint32_t lost = device.sequence;
  device.lose();
  CHECK_EQ(device.ask().age(), 2);
  device.answer(lost);  // of a frame whose levels are gone
  device.lose();
  CHECK_EQ(device.ask().age(), 3);
}

TEST(a_refusal_as_bad_frame_is_followed_by_a_key_frame_and_no_other_refusal_is) {
  for (const ResultStatus status : {ResultStatus::kBadFrame, ResultStatus::kOverloaded, ResultStatus::kTooLate,
                                    ResultStatus::kFailed, ResultStatus::kWrongCut}) {
    for (const bool named : {true, false}) {
      Device device;
      device.follow(4);
      device.ask();
      device.answer();
      CHECK_EQ(device.ask().age(), 1);
      if (named) {
        device.refuse(device.sequence, status);
      } else {
        // The edge could not even read which frame it was.
        CHECK_EQ(device.bench.frame(result_frame({0, 2, status})), Status::kOk);
        device.lose();
      }
      CHECK_EQ(device.ask().age(), status == ResultStatus::kBadFrame ? 0 : 2);
    }
  }
}

TEST(a_new_model_of_the_same_tables_begins_with_a_key_frame) {
  Device device;
  device.follow(4);
  device.ask();
  device.answer();
  CHECK_EQ(device.bench.session.change_model(configured(device.file)), Status::kOk);
  device.bench.poll_all();
  device.follow(4);
  CHECK_EQ(device.ask().age(), 0);
}

TEST(without_history_every_frame_is_a_key_frame) {
  Device device(1024, 0);
  device.follow(4);
  for (int i = 0; i < 3; ++i) {
    CHECK_EQ(device.ask().age(), 0);
    device.answer();
  }
}

TEST(a_device_that_plays_another_states_its_coding_times) {
  const uint32_t ns[] = {100, 0, 0, 2000, 50000, 0, 0};
  const File file = tables_of(kSettings);
  SessionConfig config = configured(file);
  config.encode_ns = Span<const uint32_t>(ns);
  config.codec = CodecId::kRans;
  config.setting = 2;
  config.timings = true;
  SessionBench bench(config, 256, 1024);
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  Frame tensor(kElements, 3);
  const uint32_t us[] = {10, 10};
  const TensorView live[] = {{2, DType::kInt8, bytes_of(tensor), 0}};
  CHECK_EQ(bench.session.ran({0, 2, true, Span<const uint32_t>(us), Span<const TensorView>(live)}), Status::kOk);
  CHECK_EQ(bench.session.modelled_encode_us(), 3200u);  // 64 bytes of 50 us
  const Seen seen = bench.poll_one();
  Header header = {};
  Bytes payload;
  ActivationView view = {};
  REQUIRE(open_frame(bytes_of(seen.bytes), header, payload) == Status::kOk);
  REQUIRE(read_activation(header, payload, view) == Status::kOk);
  CHECK_EQ(view.encode_us, 3200u);
  CHECK_EQ(bench.frame(result_frame({1, 2})), Status::kOk);
  CHECK_EQ(bench.finish().encode_us, 3200u);
}
