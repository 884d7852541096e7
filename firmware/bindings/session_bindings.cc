// The device's session for Python, with the buffers that a board would lay out statically.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "clocks.h"
#include "python_bytes.h"
#include "session/names.h"
#include "session/session.h"
#include "session_actions.h"
#include "tensor_argument.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

struct PythonConfig {
  SessionConfig config = {};
  std::string about;
  std::vector<uint8_t> cuts;  // a bit each; empty for all
  std::vector<uint8_t> tables;
  std::vector<uint32_t> encode_ns;
  size_t history_bytes = 0;
  size_t result_capacity = 0;
};

class PythonSession {
 public:
  PythonSession(const PythonConfig& config, PythonClock& clock)
      : about_(config.about),
        cuts_(config.cuts),
        tables_(config.tables),
        encode_ns_(config.encode_ns),
        chunk_(config.config.chunk_bytes),
        result_(config.result_capacity),
        plan_(kMaxPlanPayloadBytes),
        command_(kMaxCommandPayloadBytes),
        operators_us_(config.config.operators),
        scratch_(kCodingScratchBytes),
        history_(2 * config.history_bytes),
        session_(clock, buffers()) {
    SessionConfig own = config.config;
    own.about = Bytes(reinterpret_cast<const uint8_t*>(about_.data()), about_.size());
    own.cuts = CutSet(Bytes(cuts_.data(), cuts_.size()));
    own.tables = Bytes(tables_.data(), tables_.size());
    own.encode_ns = Span<const uint32_t>(encode_ns_.data(), encode_ns_.size());
    const Status begun = session_.begin(own);
    if (begun != Status::kOk && begun != Status::kArgument && begun != Status::kBufferTooSmall) {
      throw nb::value_error("the codec tables cannot be read, or belong to another model");
    }
    if (begun != Status::kOk) {
      throw nb::value_error(
          "the session's configuration does not hold together: expected 1 <= operators, cut <= on_board <= operators, "
          "cut in cuts, a known codec, a setting of the tables for codec and cut or 0, 1 <= deadline_ms <= 600000, 1 <= isolate_after, 1 <= probe_first_ms <= probe_max_ms, "
          "chunk_bytes >= 192 and result_capacity >= 8");
    }
  }

  void connected() { session_.connected(); }
  void disconnected() { session_.disconnected(); }
  void sleeping() { session_.sleeping(); }
  void frame(nb::handle frame) { session_.frame(BytesView(frame).get()); }
  void tick() { session_.tick(); }
  void unsent() { session_.unsent(); }
  void unsupported_command() { session_.unsupported_command(); }

  uint32_t input() {
    uint32_t sequence = 0;
    if (session_.input(sequence) != Status::kOk) {
      throw std::runtime_error("an inference is in flight: poll until it is delivered before the next input");
    }
    return sequence;
  }

  void running(uint16_t first, uint16_t last, nb::sequence live) {
    auto tensors = std::make_unique<TensorArguments>(nb::tuple(live));
    if (session_.running({first, last, tensors->views()}) != Status::kOk) {
      throw nb::value_error(
          "running() does not fit the Run that was polled: expected the same range, and at most 16 tensors of whole "
          "elements");
    }
    told_ = true;
    if (first == 0) {
      live_ = std::move(tensors);
    }
  }

  bool progress(nb::sequence ready) {
    const std::vector<size_t> bytes = arguments<size_t>(nb::tuple(ready));
    return session_.progress(Span<const size_t>(bytes.data(), bytes.size()));
  }

  void ran(uint16_t first, uint16_t last, bool ok, nb::sequence operators_us, nb::sequence live) {
    const std::vector<uint32_t> times = arguments<uint32_t>(nb::tuple(operators_us));
    auto tensors = std::make_unique<TensorArguments>(nb::tuple(live));
    const Ran ran = {first, last, ok, Span<const uint32_t>(times.data(), times.size()), tensors->views()};
    if (session_.ran(ran) != Status::kOk) {
      throw nb::value_error(
          "ran() does not fit the Run that was polled: expected the same range, one time per operator, and at most 16 "
          "tensors of whole elements");
    }
    if (!told_) {
      live_ = std::move(tensors);
    }
    told_ = false;
  }

  void telemetry(nb::mapping by_gauge) {
    Gauges gauges;
    // The items hold their gauges and values: converting one may run Python code that changes the dict.
    for (nb::handle item : by_gauge.items()) {
      const nb::tuple pair = pair_argument(item);
      const uint8_t number = argument<uint8_t>(pair[0]);
      const int64_t wide = argument<int64_t>(pair[1]);
      const bool is_signed = number == static_cast<uint8_t>(Gauge::kChipTemperature) ||
                             number == static_cast<uint8_t>(Gauge::kRssi);
      const bool fits = is_signed ? wide >= INT32_MIN && wide <= INT32_MAX : wide >= 0 && wide <= UINT32_MAX;
      if (number >= kGauges || !fits) {
        throw nb::value_error("a gauge is a number from 0 to 10, and its value fits 32 bits");
      }
      gauges.set(static_cast<Gauge>(number), static_cast<uint32_t>(wide));
    }
    session_.telemetry(gauges);
  }

  nb::object poll() {
    Action action;
    session_.poll(action);
    return python_action(action);
  }

  std::optional<uint64_t> next_wakeup_us() {
    uint64_t when = 0;
    if (!session_.next_wakeup_us(when)) {
      return std::nullopt;
    }
    return when;
  }

  uint32_t modelled_encode_us() const { return session_.modelled_encode_us(); }

  const char* state() const { return link_name(session_.state()); }

  bool running_now() const { return session_.phase() == Phase::kRunning; }
  bool busy() const { return session_.phase() != Phase::kIdle; }
  nb::object plan() const { return python_plan(session_.plan()); }

  nb::object will() const {
    uint8_t text[kStateTextBytes];
    return python_publish({Leaf::kState, session_.will(text), 1, true});
  }

  nb::dict counters() const {
    static constexpr const char* kNames[kWireCounters] = {
        "inferences",      "answered_by_edge", "answered_by_device", "unanswered",
        "deadlines_missed", "late_results",     "duplicate_results",  "bad_frames",
        "stale_plans",     "refused_by_edge",  "probes",             "unsupported_commands"};
    const Counters& counters = session_.counters();
    nb::dict by_name;
    for (uint16_t i = 0; i < kWireCounters; ++i) {
      by_name[kNames[i]] = counters.value(static_cast<CounterId>(i + 1));
    }
    by_name["misuse"] = counters.local.misuse;
    by_name["clock_jumps"] = counters.local.clock_jumps;
    by_name["unsent_reports"] = counters.local.unsent_reports;
    by_name["repeated_commands"] = counters.local.repeated_commands;
    by_name["dropped_commands"] = counters.local.dropped_commands;
    by_name["unfit_plans"] = counters.local.unfit_plans;
    by_name["unfit_codecs"] = counters.local.unfit_codecs;
    return by_name;
  }

 private:
  SessionBuffers buffers() {
    return {MutableBytes(chunk_.data(), chunk_.size()), MutableBytes(result_.data(), result_.size()),
            MutableBytes(plan_.data(), plan_.size()), MutableBytes(command_.data(), command_.size()),
            Span<uint32_t>(operators_us_.data(), operators_us_.size()), MutableBytes(scratch_.data(), scratch_.size()),
            MutableBytes(history_.data(), history_.size())};
  }

  std::string about_;
  std::vector<uint8_t> cuts_;
  std::vector<uint8_t> tables_;
  std::vector<uint32_t> encode_ns_;
  std::vector<uint8_t> chunk_;
  std::vector<uint8_t> result_;
  std::vector<uint8_t> plan_;
  std::vector<uint8_t> command_;
  std::vector<uint32_t> operators_us_;
  std::vector<uint8_t> scratch_;
  std::vector<uint8_t> history_;
  Session session_;
  std::unique_ptr<TensorArguments> live_;  // what is being sent
  bool told_ = false;                      // the Run is in slices: its tensors are known
};

void construct_config(PythonConfig* at, nb::bytes model_id, uint32_t boot, uint16_t operators, uint16_t on_board,
                      uint16_t cut, uint8_t codec, bool timings, uint32_t deadline_ms, uint8_t isolate_after,
                      uint32_t probe_first_ms, uint32_t probe_max_ms, size_t chunk_bytes, std::string about,
                      size_t result_capacity, std::optional<nb::sequence> cuts, uint8_t setting,
                      std::optional<nb::bytes> tables, size_t history_bytes, std::optional<nb::sequence> encode_ns) {
  if (model_id.size() != kModelIdBytes) {
    throw nb::value_error("model_id is the first 4 bytes of the SHA-256 of the whole model");
  }
  std::vector<uint8_t> bits;
  if (cuts) {
    bits.assign(cut_set_bytes(operators), 0);
    for (const uint16_t cut : arguments<uint16_t>(nb::tuple(*cuts))) {
      if (cut > operators) {
        throw nb::value_error("cuts holds a cut that the network does not have");
      }
      bits[cut / 8] = static_cast<uint8_t>(bits[cut / 8] | 1u << cut % 8);
    }
  }
  new (at) PythonConfig();
  SessionConfig& config = at->config;
  copy_bytes(config.model.bytes, static_cast<const uint8_t*>(model_id.data()), kModelIdBytes);
  config.boot = boot;
  config.operators = operators;
  config.on_board = on_board;
  config.cut = cut;
  config.codec = static_cast<CodecId>(codec);
  config.setting = setting;
  config.timings = timings;
  config.deadline_ms = deadline_ms;
  config.isolate_after = isolate_after;
  config.probe_first_ms = probe_first_ms;
  config.probe_max_ms = probe_max_ms;
  config.chunk_bytes = chunk_bytes;
  at->about = std::move(about);
  at->result_capacity = result_capacity;
  at->cuts = std::move(bits);
  if (tables) {
    const uint8_t* from = static_cast<const uint8_t*>(tables->data());
    at->tables.assign(from, from + tables->size());
  }
  at->history_bytes = history_bytes;
  if (encode_ns) {
    at->encode_ns = arguments<uint32_t>(nb::tuple(*encode_ns));
  }
}

void bind_clocks(nb::module_& m) {
  nb::class_<PythonClock>(m, "Clock").def("now_us", &PythonClock::now_us);
  nb::class_<MonotonicClock, PythonClock>(m, "MonotonicClock").def(nb::init<>());
  nb::class_<ManualClock, PythonClock>(m, "ManualClock")
      .def(nb::init<uint64_t>(), nb::arg("now_us") = 0)
      .def("advance", &ManualClock::advance, nb::arg("us"))
      .def("set", &ManualClock::set, nb::arg("now_us"));
}

void bind_config(nb::module_& m) {
  nb::class_<PythonConfig>(m, "SessionConfig")
      .def("__init__", &construct_config, nb::kw_only(), nb::arg("model_id"), nb::arg("boot"), nb::arg("operators"),
           nb::arg("on_board"), nb::arg("cut"), nb::arg("codec") = 0, nb::arg("timings") = true,
           nb::arg("deadline_ms") = 1000, nb::arg("isolate_after") = 3, nb::arg("probe_first_ms") = 1000,
           nb::arg("probe_max_ms") = 60000, nb::arg("chunk_bytes") = kDefaultChunkBytes, nb::arg("about") = "{}",
           nb::arg("result_capacity") = 16384, nb::arg("cuts") = nb::none(), nb::arg("setting") = 0,
           nb::arg("tables") = nb::none(), nb::arg("history_bytes") = 0, nb::arg("encode_ns") = nb::none());
}

}  // namespace
}  // namespace cutpoint

void bind_session(nb::module_& m) {
  using cutpoint::PythonSession;
  cutpoint::bind_clocks(m);
  cutpoint::bind_config(m);
  cutpoint::bind_session_actions(m);
  nb::class_<PythonSession>(m, "Session")
      .def(nb::init<const cutpoint::PythonConfig&, cutpoint::PythonClock&>(), nb::arg("config"), nb::arg("clock"),
           nb::keep_alive<1, 3>())
      .def("connected", &PythonSession::connected)
      .def("disconnected", &PythonSession::disconnected)
      .def("sleeping", &PythonSession::sleeping)
      .def("frame", &PythonSession::frame)
      .def("input", &PythonSession::input)
      .def("running", &PythonSession::running, nb::arg("first"), nb::arg("last"), nb::arg("live") = nb::list())
      .def("progress", &PythonSession::progress, nb::arg("ready"))
      .def("ran", &PythonSession::ran, nb::arg("first"), nb::arg("last"), nb::arg("ok"),
           nb::arg("operators_us") = nb::list(), nb::arg("live") = nb::list())
      .def("unsent", &PythonSession::unsent)
      .def("tick", &PythonSession::tick)
      .def("telemetry", &PythonSession::telemetry, nb::arg("gauges"))
      .def("unsupported_command", &PythonSession::unsupported_command)
      .def("poll", &PythonSession::poll)
      .def("next_wakeup_us", &PythonSession::next_wakeup_us)
      .def("will", &PythonSession::will)
      .def_prop_ro("modelled_encode_us", &PythonSession::modelled_encode_us)
      .def_prop_ro("state", &PythonSession::state)
      .def_prop_ro("in_run", &PythonSession::running_now)
      .def_prop_ro("busy", &PythonSession::busy)
      .def_prop_ro("plan", &PythonSession::plan)
      .def_prop_ro("counters", &PythonSession::counters);
}
