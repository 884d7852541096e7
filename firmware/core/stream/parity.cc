#include "parity.h"

#include "../bytes.h"

namespace cutpoint::stream {
namespace {

constexpr size_t kAlignment = 8;
constexpr uint32_t kUnitsAtEnds = 3;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// A ring as it is when all of the plan is run, without memory.
Lines ring(const Plan& plan, uint16_t tensor) {
  const TensorRecord& record = plan.tensor(tensor);
  const uint16_t inputs = plan.header().inputs;
  const uint16_t lines = tensor < inputs ? plan.inputs()[tensor].fed_lines
                                         : plan.entry(plan.layout(plan.header().on_board), tensor).lines;
  return {nullptr, static_cast<uint32_t>(record.row_bytes()), lines, record.rows, record.width, record.channels};
}

size_t ring_bytes(const Lines& lines) { return aligned(size_t{lines.row_bytes} * lines.lines); }

// xorshift of 32 bits (Marsaglia, 2003).
class Noise {
 public:
  explicit Noise(uint32_t seed) : state_(seed == 0 ? 1 : seed) {}
  void fill(uint8_t* to, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) {
      state_ ^= state_ << 13;
      state_ ^= state_ >> 17;
      state_ ^= state_ << 5;
      to[i] = static_cast<uint8_t>(state_ >> 24);
    }
  }

 private:
  uint32_t state_;
};

bool is_tested(const OperatorRecord& op, uint32_t unit) {
  return op.units_per_row != 1 || unit < kUnitsAtEnds || unit + kUnitsAtEnds >= op.units || unit == op.units / 2u;
}

}  // namespace

size_t parity_bytes(const Plan& plan, uint16_t op) {
  const OperatorRecord& record = plan.op(op);
  size_t bytes = 0;
  for (size_t i = 0; i < record.inputs; ++i) {
    bytes += ring_bytes(ring(plan, record.rules()[i].tensor));
  }
  for (size_t i = 0; i < record.outputs; ++i) {
    bytes += 2 * ring_bytes(ring(plan, record.made()[i]));
  }
  return bytes;
}

Parity compare_kernels(const Plan& plan, uint16_t op, const Kernel& portable, const Kernel& plugged,
                       MutableBytes scratch, uint32_t seed) {
  if (scratch.size() < parity_bytes(plan, op)) {
    return Parity::kNoRoom;
  }
  const OperatorRecord& record = plan.op(op);
  Lines inputs[kMaxOperands];
  Lines outputs[2][kMaxOperands];
  uint8_t* at = scratch.data();
  Noise noise(seed);
  for (size_t i = 0; i < record.inputs; ++i) {
    inputs[i] = ring(plan, record.rules()[i].tensor);
    inputs[i].base = at;
    noise.fill(at, ring_bytes(inputs[i]));
    at += ring_bytes(inputs[i]);
  }
  uint8_t* const made[2] = {at, at + (scratch.data() + parity_bytes(plan, op) - at) / 2};
  const size_t bytes = static_cast<size_t>(made[1] - made[0]);
  size_t offset = 0;
  for (size_t i = 0; i < record.outputs; ++i) {
    outputs[0][i] = outputs[1][i] = ring(plan, record.made()[i]);
    outputs[0][i].base = made[0] + offset;
    outputs[1][i].base = made[1] + offset;
    offset += ring_bytes(outputs[0][i]);
  }
  // What neither kernel writes is the same before, and must be so after.
  noise.fill(made[0], bytes);
  copy_bytes(made[1], made[0], bytes);
  for (uint32_t unit = 0; unit < record.units; ++unit) {
    if (!is_tested(record, unit)) {
      continue;
    }
    portable.run({record, inputs, outputs[0], unit});
    plugged.run({record, inputs, outputs[1], unit});
    if (!equal_bytes(made[0], made[1], bytes)) {
      return Parity::kDiffers;
    }
  }
  return Parity::kSame;
}

uint32_t kinds_in_parity(const Plan& plan, KernelOf plugged, MutableBytes scratch, uint32_t seed) {
  static_assert(kKinds <= 32, "a bit for each kind");
  uint32_t seen = 0;
  uint32_t fallen = 0;
  for (uint16_t op = 0; op < plan.header().on_board; ++op) {
    const uint8_t kind = plan.op(op).kind;
    const Kernel* const mine = portable_kernel(kind);
    const Kernel* const theirs = plugged(kind);
    seen |= 1u << kind;
    if (mine != theirs && (mine == nullptr || theirs == nullptr ||
                           compare_kernels(plan, op, *mine, *theirs, scratch, seed + op) != Parity::kSame)) {
      fallen |= 1u << kind;
    }
  }
  return seen & ~fallen;
}

}  // namespace cutpoint::stream
