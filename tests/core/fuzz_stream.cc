// libFuzzer target: hostile stream plans through the checker, and what it lets through into the engine, whose memory and
// plan have exactly the stated sizes. Build with clang -fsanitize=fuzzer,address,undefined.
//
// The input is a control byte, then a plan. Its magic, version, size and CRC are mended (unless the control byte says
// otherwise), since no fuzzer guesses a checksum; without that nothing beyond the first check would ever run.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bytes.h"
#include "crc32.h"
#include "stream/check.h"
#include "stream/engine.h"

using namespace cutpoint;
using namespace cutpoint::stream;

namespace {

constexpr size_t kMostMemory = 1u << 20;
constexpr uint64_t kMostWork = 4000000;  // elements times weights: what a run may cost here

void must(bool held) {
  if (!held) {
    std::abort();
  }
}

// Exactly so many bytes at a multiple of 8, so that the sanitizer sees the first one too many.
class ExactMemory {
 public:
  explicit ExactMemory(size_t bytes) : data_(static_cast<uint8_t*>(std::malloc(bytes == 0 ? 1 : bytes))), bytes_(bytes) {
    must(data_ != nullptr);
    std::memset(data_, 0x5A, bytes);
  }
  ~ExactMemory() { std::free(data_); }
  ExactMemory(const ExactMemory&) = delete;
  ExactMemory& operator=(const ExactMemory&) = delete;
  MutableBytes get() { return MutableBytes(data_, bytes_); }

 private:
  uint8_t* data_;
  size_t bytes_;
};

class Noise final : public LineSource {
 public:
  bool line(size_t, uint16_t row, MutableBytes to) override {
    for (size_t i = 0; i < to.size(); ++i) {
      to[i] = static_cast<uint8_t>(row * 31 + i * 7);
    }
    return true;
  }
};

void mend(MutableBytes plan) {
  std::memcpy(plan.data(), "CPSP", 4);
  store_u16(plan.data() + 4, kPlanVersion);
  store_u32(plan.data() + 8, static_cast<uint32_t>(plan.size()));
  store_u32(plan.data() + 12, crc32(0, plan.from(16)));
}

bool cheap(const Plan& plan) {
  uint64_t work = 0;
  for (size_t i = 0; i < plan.header().on_board; ++i) {
    const OperatorRecord& op = plan.op(i);
    uint64_t row = op.params + op.blob_bytes + 1;
    uint64_t elements = 1;
    for (size_t t = 0; t < op.outputs; ++t) {
      elements += plan.tensor(op.made()[t]).row_bytes();
    }
    for (size_t t = 0; t < op.inputs; ++t) {
      elements += plan.tensor(op.rules()[t].tensor).row_bytes();
    }
    work += op.units * (row + 64) * elements;
    if (work > kMostWork) {
      return false;
    }
  }
  return true;
}

volatile uint32_t sink;  // reading every live byte is the point

void run_all(const Plan& plan, bool fed) {
  Noise noise;
  const uint16_t on_board = plan.header().on_board;
  size_t most = 0;
  for (uint16_t cut = 0; cut <= on_board; ++cut) {
    const size_t bytes = block_bytes(plan, cut, true);
    most = bytes > most ? bytes : most;
  }
  if (most > kMostMemory || picture_bytes(plan, fed) > kMostMemory) {
    return;
  }
  ExactMemory block(most);
  ExactMemory picture(picture_bytes(plan, fed));
  StreamEngine engine;
  must(engine.load(plan, block.get(), picture.get(), fed ? &noise : nullptr));
  for (uint16_t cut = 0; cut <= on_board; ++cut) {
    uint32_t us[4];
    TensorView live[16];
    size_t count = 0;
    if (engine.run(0, cut, Span<uint32_t>(us)) && engine.live(cut, Span<TensorView>(live), count) && engine.can_cut(cut)) {
      uint32_t sum = 0;
      for (size_t i = 0; i < count; ++i) {
        must(engine.ready(i) <= live[i].data.size() || cut == 0);
        sum += crc32(0, live[i].data);
      }
      sink = sum;
      engine.run(cut, on_board, Span<uint32_t>(us));
      engine.live(on_board, Span<TensorView>(live), count);
    }
    if (cut == 8) {
      return;  // more of the same
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 + sizeof(PlanHeader)) {
    return 0;
  }
  const uint8_t control = data[0];
  ExactMemory copy(size - 1);
  std::memcpy(copy.get().data(), data + 1, size - 1);
  if ((control & 1) == 0) {
    mend(copy.get());
  }
  const Bytes bytes = copy.get();
  const PlanFault fault = check_plan(bytes);
  must(plan_fault_text(fault) != nullptr);
  if (fault == PlanFault::kNone && cheap(Plan(bytes.data()))) {
    run_all(Plan(bytes.data()), (control & 2) != 0);
  }
  return 0;
}
