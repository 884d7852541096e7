#include "parity.h"

#include "../bytes.h"

namespace cutpoint::stream {
namespace {

constexpr size_t kAlignment = 8;
constexpr uint32_t kUnitsAtEnds = 3;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Of a ring as it is when all of the plan is run.
uint16_t ring_lines(const Plan& plan, uint16_t tensor) {
  return tensor < plan.header().inputs ? plan.inputs()[tensor].fed_lines
                                       : plan.entry(plan.layout(plan.header().on_board), tensor).lines;
}

size_t ring_bytes(const Plan& plan, uint16_t tensor) {
  return aligned(plan.tensor(tensor).row_bytes() * ring_lines(plan, tensor));
}

// At `at`, which moves behind it.
Lines ring(const Plan& plan, uint16_t tensor, uint8_t*& at) {
  const TensorRecord& record = plan.tensor(tensor);
  uint8_t* const base = at;
  at += ring_bytes(plan, tensor);
  return {base, static_cast<uint32_t>(record.row_bytes()), ring_lines(plan, tensor), record.rows, record.width,
          record.channels};
}

// xorshift of 32 bits (Marsaglia, 2003).
void fill_with_noise(uint8_t* to, const uint8_t* end, uint32_t seed) {
  uint32_t state = seed == 0 ? 1 : seed;
  for (; to != end; ++to) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    *to = static_cast<uint8_t>(state >> 24);
  }
}

bool is_tested(const OperatorRecord& op, uint32_t unit) {
  return op.units_per_row != 1 || unit < kUnitsAtEnds || unit + kUnitsAtEnds >= op.units || unit == op.units / 2u;
}

}  // namespace

size_t parity_bytes(const Plan& plan, uint16_t op) {
  const OperatorRecord& record = plan.op(op);
  size_t bytes = 0;
  for (size_t i = 0; i < record.inputs; ++i) {
    bytes += ring_bytes(plan, record.rules()[i].tensor);
  }
  for (size_t i = 0; i < record.outputs; ++i) {
    bytes += 2 * ring_bytes(plan, record.made()[i]);
  }
  return bytes;
}

Parity compare_kernels(const Plan& plan, uint16_t op, const Kernel& portable, const Kernel& plugged,
                       MutableBytes scratch, uint32_t seed) {
  if (scratch.size() < parity_bytes(plan, op)) {
    return Parity::kNoRoom;
  }
  const OperatorRecord& record = plan.op(op);
  Lines operands[kMaxOperands];
  Lines* const outputs = operands + record.inputs;
  uint8_t* at = scratch.data();
  for (size_t i = 0; i < record.inputs; ++i) {
    operands[i] = ring(plan, record.rules()[i].tensor, at);
  }
  uint8_t* const made = at;
  for (size_t i = 0; i < record.outputs; ++i) {
    outputs[i] = ring(plan, record.made()[i], at);
  }
  const size_t bytes = static_cast<size_t>(at - made);
  fill_with_noise(scratch.data(), at, seed);
  // What neither kernel writes is the same before, and must be so after.
  copy_bytes(made + bytes, made, bytes);
  for (uint32_t unit = 0; unit < record.units; ++unit) {
    if (!is_tested(record, unit)) {
      continue;
    }
    portable.run({record, operands, outputs, unit});
    for (size_t i = 0; i < record.outputs; ++i) {
      outputs[i].base += bytes;
    }
    plugged.run({record, operands, outputs, unit});
    for (size_t i = 0; i < record.outputs; ++i) {
      outputs[i].base -= bytes;
    }
    if (!equal_bytes(made, made + bytes, bytes)) {
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
