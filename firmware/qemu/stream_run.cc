#include "stream_run.h"

#include "bytes.h"
#include "crc32.h"
#include "instruction_clock.h"
#include "line.h"
#include "stack_mark.h"
#include "stream/check.h"
#include "stream/engine.h"

namespace cutpoint {
namespace qemu {
namespace {

using stream::Plan;
using stream::StreamEngine;

constexpr size_t kRoomBytes = 4 * 1024 * 1024;
constexpr size_t kGuardBytes = 64;
constexpr uint8_t kPaint = 0xC3;
constexpr size_t kMostLive = 32;
constexpr size_t kMostOperators = 1024;

alignas(8) uint8_t block_room[kRoomBytes];
alignas(8) uint8_t picture_room[kRoomBytes];
uint32_t operator_instructions[kMostOperators];

size_t larger(size_t a, size_t b) { return a > b ? a : b; }

// A camera whose lines are all there.
class LinkedPicture final : public LineSource {
 public:
  explicit LinkedPicture(Bytes picture) : picture_(picture) {}

  bool line(size_t input, uint16_t row, MutableBytes to) override {
    const size_t at = row * to.size();
    if (input != 0 || at + to.size() > picture_.size()) {
      return false;
    }
    copy_bytes(to.data(), picture_.data() + at, to.size());
    return true;
  }

 private:
  Bytes picture_;
};

// One plan, its picture, and the memory that its engine is given.
class Trial {
 public:
  Trial(const Plan& plan, Bytes picture, stream::KernelOf kernels)
      : plan_(plan), picture_(picture), kernels_(kernels) {}

  int every_cut() {
    for (uint16_t k = 0; k <= on_board(); ++k) {
      if (const int code = cut(k)) {
        return code;
      }
    }
    return 0;
  }

  int whole() {
    if (const int code = load(on_board(), nullptr, nullptr)) {
      return code;
    }
    put_picture();
    if (!run(0, on_board())) {
      return kRunFailed;
    }
    Line("whole").number("instructions", taken_).hex("hash", hash(on_board()));
    return operators();
  }

  int fed() {
    LinkedPicture source(picture_);
    if (const int code = load(on_board(), &source, nullptr)) {
      return code;
    }
    if (!engine_.can_cut(on_board())) {
      return 0;  // the picture itself is live at the end, and has to be whole
    }
    if (!run(0, on_board())) {
      return kRunFailed;
    }
    Line("fed").hex("hash", hash(on_board())).number("picture", stream::picture_bytes(plan_, true));
    return guarded() ? 0 : kOverrun;
  }

  size_t stack_bytes() const { return stack_bytes_; }

 private:
  uint16_t on_board() const { return plan_.header().on_board; }

  int cut(uint16_t k) {
    if (const int code = load(k, nullptr, nullptr)) {
      return code;
    }
    put_picture();
    if (!run(0, k)) {
      return kRunFailed;
    }
    size_t bytes = 0;
    const uint32_t live = hash(k, &bytes);
    Line("cut")
        .number("k", k)
        .hex("hash", live)
        .number("bytes", bytes)
        .number("head", stream::block_bytes(plan_, k, false))
        .number("block", stream::block_bytes(plan_, k, true));
    if (!run(k, on_board())) {
      return kRunFailed;
    }
    Line("resumed").number("k", k).hex("hash", hash(on_board()));
    return guarded() ? 0 : kOverrun;
  }

  int operators() {
    if (const int code = load(on_board(), nullptr, &clock_)) {
      return code;
    }
    put_picture();
    if (!run(0, on_board())) {
      return kRunFailed;
    }
    for (uint16_t i = 0; i < on_board(); ++i) {
      Line("operator").number("index", i).number("units", plan_.op(i).units).number("instructions", operator_instructions[i]);
    }
    return 0;
  }

  int load(uint16_t k, LineSource* source, Clock* clock) {
    const size_t picture_bytes = stream::picture_bytes(plan_, source != nullptr);
    given_ = larger(stream::block_bytes(plan_, k, true), stream::block_bytes(plan_, on_board(), false));
    if (given_ + kGuardBytes > kRoomBytes || picture_bytes > kRoomBytes || on_board() > kMostOperators) {
      Line("room").number("block", given_).number("picture", picture_bytes).number("most", kRoomBytes);
      return kNoRoom;
    }
    fill_bytes(block_room, kPaint, given_ + kGuardBytes);
    const bool loaded = engine_.load(plan_, MutableBytes(block_room, given_), MutableBytes(picture_room, picture_bytes),
                                     source, clock, kernels_);
    return loaded ? 0 : kNoRoom;
  }

  void put_picture() {
    size_t at = 0;
    for (size_t i = 0; i < plan_.header().inputs; ++i) {
      const MutableBytes input = engine_.input(i);
      const Bytes part = picture_.from(at).first(input.size());
      copy_bytes(input.data(), part.data(), part.size());
      at += input.size();
    }
  }

  // Not inlined: the stack mark sees what lies below the frame that made it.
  __attribute__((noinline)) bool run_marked(uint16_t first, uint16_t last) {
    const uint64_t start = clock_.now_us();
    const bool done =
        engine_.run(first, last, Span<uint32_t>(operator_instructions, static_cast<size_t>(last - first)));
    taken_ = clock_.now_us() - start;
    return done;
  }

  bool run(uint16_t first, uint16_t last) {
    const StackMark mark;
    const bool done = run_marked(first, last);
    stack_bytes_ = larger(stack_bytes_, mark.deepest_bytes());
    return done;
  }

  uint32_t hash(uint16_t k, size_t* bytes = nullptr) {
    TensorView views[kMostLive];
    size_t count = 0;
    uint32_t crc = 0;
    if (engine_.live(k, Span<TensorView>(views, kMostLive), count)) {
      for (size_t i = 0; i < count; ++i) {
        crc = crc32(crc, views[i].data);
        if (bytes != nullptr) {
          *bytes += views[i].data.size();
        }
      }
    }
    return crc;
  }

  bool guarded() const {
    for (size_t i = 0; i < kGuardBytes; ++i) {
      if (block_room[given_ + i] != kPaint) {
        return false;
      }
    }
    return true;
  }

  const Plan& plan_;
  Bytes picture_;
  stream::KernelOf kernels_;
  StreamEngine engine_;
  InstructionClock clock_;
  size_t given_ = 0;    // bytes of the block
  uint64_t taken_ = 0;  // instructions of the last run
  size_t stack_bytes_ = 0;
};

}  // namespace

int run_plan(Bytes bytes, Bytes picture, stream::KernelOf kernels) {
  const stream::PlanFault fault = stream::check_plan(bytes, nullptr, kernels);
  if (fault != stream::PlanFault::kNone) {
    Line("refused").number("fault", static_cast<uint64_t>(fault));
    return kPlanRefused;
  }
  const Plan plan(bytes.data());
  size_t inputs = 0;
  for (size_t i = 0; i < plan.header().inputs; ++i) {
    inputs += plan.tensor(i).row_bytes() * plan.tensor(i).rows;
  }
  if (picture.size() != inputs) {
    Line("picture").number("bytes", picture.size()).number("expected", inputs);
    return kNoRoom;
  }
  Line("plan")
      .number("operators", plan.header().on_board)
      .number("tensors", plan.header().tensors)
      .number("bytes", bytes.size())
      .number("engine", sizeof(StreamEngine));
  Trial trial(plan, picture, kernels);
  int code = trial.every_cut();
  if (code == 0) {
    code = trial.whole();
  }
  if (code == 0) {
    code = trial.fed();
  }
  Line("stack").number("bytes", trial.stack_bytes());
  return code;
}

}  // namespace qemu
}  // namespace cutpoint
