// libFuzzer: any bytes as a schedule of events. Every input is delivered once, and time always leads on. A head that runs
// in slices gives away nothing that is not final, and never the last chunk.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "edge_frames.h"
#include "session/session.h"
#include "tables_file.h"

using namespace cutpoint;

namespace {

class FuzzClock final : public Clock {
 public:
  uint64_t now_us() override { return now; }
  uint64_t now = 0;
};

void require(bool held) {
  if (!held) {
    abort();
  }
}

class Fuzzed {
 public:
  Fuzzed(const uint8_t* data, size_t size) : data_(data), size_(size) {
    SessionConfig config = {};
    config.model = kModel;
    config.boot = kBoot;
    config.operators = 4;
    config.on_board = static_cast<uint16_t>(next() % 5);
    config.cut = static_cast<uint16_t>(next() % (config.on_board + 1));
    config.tables = tables().get();
    config.chunk_bytes = kMinSessionChunkBytes;
    const uint8_t cuts = next();
    bits_[0] = static_cast<uint8_t>(cuts | 1u << config.cut);
    if ((cuts & 0x80) != 0) {
      config.cuts = CutSet(Bytes(bits_));
    }
    operators_ = config.operators;
    require(session_.begin(config) == Status::kOk);
  }

  void play() {
    while (at_ < size_) {
      event(next());
      polled();
    }
    settle();
  }

 private:
  uint8_t next() { return at_ < size_ ? data_[at_++] : uint8_t{0}; }

  void event(uint8_t what) {
    uint32_t sequence = 0;
    switch (what % 14) {
      case 0:
        return session_.connected();
      case 1:
        return session_.disconnected();
      case 2:
      case 3:
        if (session_.input(sequence) == Status::kOk) {
          require(owed_ == 0);
          owed_ = sequence;
        }
        return;
      case 4:
        clock_.now += 1000ull * next();
        return session_.tick();
      case 5:
        clock_.now += 1ull << (next() % 50);
        return session_.tick();
      case 6:
        clock_.now = 1ull << (next() % 40);
        return session_.tick();
      case 7:
        return ran(next());
      case 8:
        return result(next());
      case 9:
        return plan(next());
      case 10: {
        session_.frame(bytes_of(command_frame(static_cast<uint16_t>(next() % 7), next())));
        return;
      }
      case 11:
        return raw();
      case 12:
        return begin_lines();
      case 13:
        return make_lines(next());
    }
  }

  // Every other names a setting, most of which are on board.
  void plan(uint8_t epoch) {
    PlanOf plan = {epoch, static_cast<uint16_t>(next() % 6), static_cast<uint8_t>(next() & 0x26), 1u + next()};
    plan.codec = static_cast<CodecId>(next() % 7);
    if (calibrated(plan.codec)) {
      plan.parameters = setting_parameters(next() % 12, load_u32(tables().get().data() + 12));
    }
    session_.frame(bytes_of(plan_frame(plan)));
  }

  void ran(uint8_t how) {
    if (running_ && how % 4 != 0) {
      return answer_run(how % 8 != 1);
    }
    const Ran wrong = {next(), next(), true, Span<const uint32_t>(), Span<const TensorView>()};
    session_.ran(wrong);
    if (session_.phase() != Phase::kRunning) {
      running_ = sliced_ = false;
    }
  }

  void answer_run(bool ok) {
    static const uint32_t us[4] = {1, 2, 3, 4};
    const TensorView live[] = {view()};
    const size_t count = static_cast<size_t>(run_.last - run_.first);
    const Span<const TensorView> told = sliced_ ? Span<const TensorView>() : Span<const TensorView>(live);
    fill(sizeof memory_);
    running_ = sliced_ = false;
    require(session_.ran({run_.first, run_.last, ok, Span<const uint32_t>(us, count), told}) == Status::kOk);
  }

  void begin_lines() {
    if (running_ && !sliced_) {
      fill(run_.first == 0 ? 0 : sizeof memory_);
      const TensorView live[] = {view()};
      require(session_.running({run_.first, run_.last, Span<const TensorView>(live)}) == Status::kOk);
      sliced_ = true;
      return;
    }
    session_.running({next(), next(), Span<const TensorView>()});
  }

  // More of the tensor is final, or less is said to be than before.
  void make_lines(uint8_t percent) {
    size_t ready[] = {percent * sizeof memory_ / 255};
    if (sliced_ && run_.first == 0) {
      ready[0] = ready[0] > final_ ? ready[0] : final_;
      fill(ready[0]);
    }
    session_.progress(Span<const size_t>(ready, percent % 16 == 0 ? 0 : 1));
  }

  // Lowbit, rans and delta for each of the cuts 1 to 3.
  static const tables_file::File& tables() {
    static const tables_file::File file = made_tables();
    return file;
  }

  static tables_file::File made_tables() {
    std::vector<tables_file::Setting> settings;
    for (uint16_t cut = 1; cut <= 3; ++cut) {
      for (const CodecId codec : {CodecId::kLowbit, CodecId::kRans, CodecId::kDelta}) {
        settings.push_back({cut, codec, {{1, kTensorBytes, 1, 16}}});
      }
    }
    return tables_file::file_of(settings, ::kModel);
  }

  TensorView view() const { return {run_.last, DType::kInt8, Bytes(memory_), 0}; }

  void fill(size_t count) {
    final_ = count;
    for (size_t i = 0; i < sizeof memory_; ++i) {
      memory_[i] = i < count ? kFinal : kNotYet;
    }
  }

  // While its head runs: not the last chunk, and only what is final. The head and the record of 20 bytes come first.
  void chunk(Bytes frame) const {
    Header header = {};
    Bytes payload;
    require(open_frame(frame, header, payload) == Status::kOk && header.chunk_index + 1 < header.chunk_count);
    require(sliced_ && run_.first == 0);
    // Of codec lowbit the version comes before the levels, two to a byte.
    const bool levels = header.codec == CodecId::kLowbit;
    const size_t start = levels ? 22 : 20;
    for (size_t i = header.chunk_index == 0 ? start : 0; i < payload.size(); ++i) {
      require(payload[i] == (levels ? kFinal / 16 * 17 : kFinal));
    }
  }

  void result(uint8_t what) {
    ResultOf result = {what % 64u, static_cast<uint16_t>(next() % 5)};
    result.status = static_cast<ResultStatus>((what & 64) != 0 ? next() % 7 : 0);
    result.answer = (what & 128) != 0 ? AnswerKind::kNone : AnswerKind::kClasses;
    if (result.status == ResultStatus::kUnknownModel) {
      result.answer = AnswerKind::kModels;
    }
    result.count = result.answer == AnswerKind::kNone ? uint16_t{0} : next();
    result.count = result.answer == AnswerKind::kModels ? result.count % (kMaxOfferedModels + 1) : result.count;
    for (const Frame& frame : result_chunks(result, 512)) {
      session_.frame(bytes_of(frame));
    }
  }

  void raw() {
    const size_t want = next();
    const size_t count = want < size_ - at_ ? want : size_ - at_;
    session_.frame(Bytes(data_ + at_, count));
    at_ += count;
  }

  void polled() {
    Action action;
    int actions = 0;
    while (poll(action)) {
      require(++actions < 5000);
      if (action.kind == ActionKind::kPublish && action.publish.leaf == Leaf::kActivation && running_) {
        chunk(action.publish.payload);
      }
      if (action.kind == ActionKind::kRun) {
        require(!running_ && owed_ != 0 && action.run.first <= action.run.last && action.run.last <= operators_);
        running_ = true;
        run_ = action.run;
      } else if (action.kind == ActionKind::kDeliver) {
        require(action.delivery.sequence == owed_ && owed_ != 0 && !running_);
        owed_ = 0;
      }
    }
  }

  bool poll(Action& action) {
    const bool polled = session_.poll(action);
    if (sliced_ && session_.phase() != Phase::kRunning) {
      running_ = sliced_ = false;  // an answer ended the range
    }
    return polled;
  }

  // Whatever happened: with an engine that runs and a clock that goes on, the last input is delivered.
  void settle() {
    for (int i = 0; i < 200; ++i) {
      polled();
      uint64_t when = 0;
      if (running_) {
        answer_run(true);
      } else if (session_.next_wakeup_us(when)) {
        require(when > clock_.now);
        clock_.now = when;
        session_.tick();
      } else {
        break;
      }
    }
    require(owed_ == 0 && session_.phase() == Phase::kIdle);
    const Counters& counters = session_.counters();
    require(counters.value(CounterId::kInferences) ==
            counters.value(CounterId::kAnsweredByEdge) + counters.value(CounterId::kAnsweredByDevice) +
                counters.value(CounterId::kUnanswered));
  }

  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
  FuzzClock clock_;
  uint8_t chunk_[kMinSessionChunkBytes] = {};
  uint8_t result_[1024] = {};
  uint8_t plan_[64] = {};
  uint8_t command_[64] = {};
  uint32_t operators_us_[4] = {};
  static constexpr uint8_t kFinal = 0x11;
  static constexpr uint8_t kNotYet = 0xEE;
  static constexpr uint16_t kTensorBytes = 600;
  uint8_t memory_[kTensorBytes] = {};
  uint8_t scratch_[512] = {};
  uint8_t history_[2 * kTensorBytes] = {};
  Session session_{clock_,
                   {MutableBytes(chunk_), MutableBytes(result_), MutableBytes(plan_), MutableBytes(command_),
                    Span<uint32_t>(operators_us_), MutableBytes(scratch_), MutableBytes(history_)}};
  size_t final_ = 0;
  bool sliced_ = false;
  uint8_t bits_[1] = {};
  uint16_t operators_ = 0;
  uint32_t owed_ = 0;
  bool running_ = false;
  Run run_ = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Fuzzed(data, size).play();
  return 0;
}
