#include "memory.h"

namespace cutpoint {

DeltaMemory::DeltaMemory(MutableBytes memory) {
  const size_t half = memory.size() / 2;
  halves_[0] = memory.first(half);
  halves_[1] = memory.slice(half, half);
}

void DeltaMemory::begin(uint32_t sequence, uint8_t setting, uint32_t version) {
  candidate_ = Frame{sequence, version, setting, true, 0};
}

uint8_t DeltaMemory::age(uint32_t sequence) const {
  // Modulo 2^32: a reference from before the numbers ran over is as young as it is.
  const uint32_t age = sequence - reference_.sequence;
  return reference_.known && age <= UINT8_MAX ? static_cast<uint8_t>(age) : uint8_t{0};
}

DeltaSlot DeltaMemory::slot(size_t offset, size_t count) {
  DeltaSlot slot;
  const MutableBytes candidates = halves_[reference_half_ ^ 1];
  if (!candidate_.known || offset > candidate_.bytes || candidates.size() - offset < count) {
    return slot;
  }
  slot.candidate = candidates.slice(offset, count);
  if (candidate_.bytes < offset + count) {
    candidate_.bytes = offset + count;
  }
  const bool same = reference_.setting == candidate_.setting && reference_.version == candidate_.version;
  if (same && offset + count <= reference_.bytes) {
    slot.age = age(candidate_.sequence);
  }
  if (slot.age != 0) {
    slot.reference = halves_[reference_half_].slice(offset, count);
  }
  return slot;
}

void DeltaMemory::acknowledged(uint32_t sequence) {
  if (!candidate_.known || candidate_.sequence != sequence) {
    return;
  }
  reference_ = candidate_;
  reference_half_ ^= 1;
  candidate_.known = false;
}

void DeltaMemory::forget() {
  reference_.known = false;
  candidate_.known = false;
}

}  // namespace cutpoint
