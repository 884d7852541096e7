// The Stream engine for Python: the very code that runs on a board, over a plan and memory of its own.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "clocks.h"
#include "frame/tensor_record.h"
#include "python_bytes.h"
#include "stream/check.h"
#include "stream/engine.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

constexpr size_t kGuardBytes = 64;
constexpr uint8_t kGuard = 0xA5;
constexpr size_t kChipTableBytes = 8;  // the engine's note of a tensor or operator on a 32-bit chip

// Memory at a multiple of 8 with a strip on both sides that must stay as it is.
class GuardedMemory {
 public:
  explicit GuardedMemory(size_t bytes) : words_((bytes + 2 * kGuardBytes + 7) / 8), bytes_(bytes) {
    std::memset(words_.data(), kGuard, words_.size() * 8);
  }
  MutableBytes get() { return MutableBytes(begin() + kGuardBytes, bytes_); }
  bool intact() {
    for (size_t i = 0; i < kGuardBytes; ++i) {
      if (begin()[i] != kGuard || begin()[kGuardBytes + bytes_ + i] != kGuard) {
        return false;
      }
    }
    return true;
  }

 private:
  uint8_t* begin() { return reinterpret_cast<uint8_t*>(words_.data()); }
  std::vector<uint64_t> words_;
  size_t bytes_;
};

// Lines that Python gives beforehand, one input's after the other.
class GivenLines final : public LineSource {
 public:
  bool line(size_t input, uint16_t, MutableBytes to) override {
    if (input >= given_.size() || given_[input].size() - at_[input] < to.size()) {
      return false;
    }
    std::memcpy(to.data(), given_[input].data() + at_[input], to.size());
    at_[input] += to.size();
    return true;
  }
  void forget(size_t inputs) {
    given_.assign(inputs, {});
    at_.assign(inputs, 0);
  }
  void add(size_t input, Bytes bytes) { given_.at(input).insert(given_.at(input).end(), bytes.begin(), bytes.end()); }

 private:
  std::vector<std::vector<uint8_t>> given_;
  std::vector<size_t> at_;
};

class PythonStreamEngine {
 public:
  PythonStreamEngine(nb::handle plan, size_t block_bytes, bool fed) : fed_(fed) {
    const BytesView view(plan);
    plan_.assign((view.get().size() + 7) / 8, 0);
    std::memcpy(plan_.data(), view.get().data(), view.get().size());
    const Bytes bytes(reinterpret_cast<const uint8_t*>(plan_.data()), view.get().size());
    const stream::PlanFault fault = stream::check_plan(bytes);
    if (fault != stream::PlanFault::kNone) {
      throw nb::value_error(stream::plan_fault_text(fault));
    }
    const stream::Plan checked(bytes.data());
    inputs_ = checked.header().inputs;
    // Tables are smaller on the chips that block_bytes is stated for.
    const size_t chip_tables = kChipTableBytes * (size_t{checked.header().tensors} + checked.header().on_board);
    size_t block = block_bytes < chip_tables
                       ? block_bytes
                       : block_bytes - chip_tables + stream::StreamEngine::table_bytes(checked);
    if (block_bytes == 0) {
      for (uint16_t cut = 0; cut <= checked.header().on_board; ++cut) {
        block = std::max(block, stream::block_bytes(checked, cut, true));
      }
    }
    block_ = std::make_unique<GuardedMemory>(block);
    picture_ = std::make_unique<GuardedMemory>(stream::picture_bytes(checked, fed));
    lines_.forget(inputs_);
    if (!engine_.load(checked, block_->get(), picture_->get(), fed ? &lines_ : nullptr, &clock_)) {
      throw nb::value_error("the block is too small for this plan");
    }
  }

  uint16_t operators() { return engine_.operators(); }
  bool can_cut(uint16_t cut) { return engine_.can_cut(cut); }

  // Of a whole input, or of lines to come.
  void give(size_t input, nb::handle data) {
    const BytesView view(data);
    if (input >= inputs_) {
      throw nb::value_error("the network has no such input");
    }
    if (fed_) {
      lines_.add(input, view.get());
      return;
    }
    if (engine_.input(input).size() != view.get().size()) {
      throw nb::value_error("the input is of another size");
    }
    std::memcpy(engine_.input(input).data(), view.get().data(), view.get().size());
  }
  void forget_lines() { lines_.forget(inputs_); }

  bool begin(uint16_t first, uint16_t last) {
    if (!engine_.begin(first, last)) {
      return false;
    }
    first_ = first;
    last_ = last;
    return true;
  }
  // Up to `lines` lines; the last step.
  uint8_t advance(uint32_t lines) {
    nb::gil_scoped_release release;
    Step step = Step::kMore;
    for (uint32_t i = 0; i < lines && step == Step::kMore; ++i) {
      step = engine_.advance();
    }
    return static_cast<uint8_t>(step);
  }
  size_t ready(size_t place) { return engine_.ready(place); }
  nb::tuple operators_us(size_t count) {
    std::vector<uint32_t> us(count, 0);
    engine_.operators_us(Span<uint32_t>(us.data(), us.size()));
    nb::list list;
    for (const uint32_t one : us) {
      list.append(one);
    }
    return nb::tuple(list);
  }
  // (index, dtype, bytes, fill) of each live tensor; None when the last range did not end there.
  nb::object live(uint16_t cut) {
    TensorView views[kMaxTensors];
    size_t count = 0;
    if (!engine_.live(cut, Span<TensorView>(views), count)) {
      return nb::none();
    }
    nb::list list;
    for (size_t i = 0; i < count; ++i) {
      list.append(nb::make_tuple(views[i].index, static_cast<uint8_t>(views[i].dtype), to_python(views[i].data),
                                 views[i].fill));
    }
    return nb::tuple(list);
  }
  // The memory of each live tensor of the range begun, read-only: it fills while the range runs. None when no range ends
  // there.
  static nb::object views(nb::handle_t<PythonStreamEngine> self, uint16_t cut) {
    TensorView views[kMaxTensors];
    size_t count = 0;
    if (!nb::cast<PythonStreamEngine&>(self).engine_.live(cut, Span<TensorView>(views), count)) {
      return nb::none();
    }
    nb::list list;
    for (size_t i = 0; i < count; ++i) {
      list.append(nb::ndarray<nb::numpy, const uint8_t, nb::ndim<1>>(views[i].data.data(), {views[i].data.size()}, self));
    }
    return nb::tuple(list);
  }
  // How much of each operator of the range begun is done, 0 to 1.
  nb::tuple shares() {
    const stream::Plan plan(reinterpret_cast<const uint8_t*>(plan_.data()));
    nb::list list;
    for (uint16_t op = first_; op < last_; ++op) {
      list.append(static_cast<double>(engine_.units_run(op)) / plan.op(op).units);
    }
    return nb::tuple(list);
  }
  bool intact() { return block_->intact() && picture_->intact(); }
  // Fills the block after its tables: what a run leaves must not depend on what was there.
  void scribble(uint8_t value) {
    const stream::Plan plan(reinterpret_cast<const uint8_t*>(plan_.data()));
    const MutableBytes lines = block_->get().from(stream::StreamEngine::table_bytes(plan));
    std::memset(lines.data(), value, lines.size());
  }

 private:
  std::vector<uint64_t> plan_;
  std::unique_ptr<GuardedMemory> block_;
  std::unique_ptr<GuardedMemory> picture_;
  GivenLines lines_;
  MonotonicClock clock_;
  stream::StreamEngine engine_;
  size_t inputs_ = 0;
  uint16_t first_ = 0;  // of the range begun
  uint16_t last_ = 0;
  bool fed_;
};

// The sentence why a plan is refused; None for a good one.
nb::object stream_fault(nb::handle plan) {
  const BytesView view(plan);
  std::vector<uint64_t> aligned((view.get().size() + 7) / 8, 0);
  std::memcpy(aligned.data(), view.get().data(), view.get().size());
  const stream::PlanFault fault =
      stream::check_plan(Bytes(reinterpret_cast<const uint8_t*>(aligned.data()), view.get().size()));
  if (fault == stream::PlanFault::kNone) {
    return nb::none();
  }
  return nb::str(stream::plan_fault_text(fault));
}

}  // namespace
}  // namespace cutpoint

void bind_stream(nb::module_& m) {
  using cutpoint::PythonStreamEngine;
  m.def("stream_fault", &cutpoint::stream_fault, nb::arg("plan"));
  nb::class_<PythonStreamEngine>(m, "StreamEngine")
      .def(nb::init<nb::handle, size_t, bool>(), nb::arg("plan"), nb::arg("block_bytes") = 0, nb::arg("fed") = false)
      .def_prop_ro("operators", &PythonStreamEngine::operators)
      .def("can_cut", &PythonStreamEngine::can_cut, nb::arg("cut"))
      .def("give", &PythonStreamEngine::give, nb::arg("input"), nb::arg("data"))
      .def("forget_lines", &PythonStreamEngine::forget_lines)
      .def("begin", &PythonStreamEngine::begin, nb::arg("first"), nb::arg("last"))
      .def("advance", &PythonStreamEngine::advance, nb::arg("lines") = 0xFFFFFFFFu)
      .def("ready", &PythonStreamEngine::ready, nb::arg("place"))
      .def("operators_us", &PythonStreamEngine::operators_us, nb::arg("count"))
      .def("live", &PythonStreamEngine::live, nb::arg("cut"))
      .def("views", &PythonStreamEngine::views, nb::arg("cut"))
      .def("shares", &PythonStreamEngine::shares)
      .def("intact", &PythonStreamEngine::intact)
      .def("scribble", &PythonStreamEngine::scribble, nb::arg("value"));
}
