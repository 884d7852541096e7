#include "cut_set.h"

namespace cutpoint {

CutSet CutSet::of(const LineEngine* lines, uint16_t on_board, MutableBytes memory) {
  if (lines == nullptr) {
    return CutSet();
  }
  for (uint8_t& byte : memory) {
    byte = 0;
  }
  for (size_t cut = 0; cut <= on_board; ++cut) {
    if (lines->can_cut(static_cast<uint16_t>(cut))) {
      memory[cut / 8] = static_cast<uint8_t>(memory[cut / 8] | 1u << cut % 8);
    }
  }
  return CutSet(memory);
}

bool CutSet::has(size_t cut) const {
  return bits_.empty() || (cut / 8 < bits_.size() && (bits_[cut / 8] >> cut % 8 & 1u) != 0);
}

uint16_t CutSet::instead_of(uint16_t cut, uint16_t on_board, uint16_t operators) const {
  if (on_board == operators && has(operators) && !has(cut)) {
    return operators;
  }
  uint16_t other = cut;
  while (other != 0 && !has(other)) {
    --other;
  }
  if (!has(other)) {
    other = cut;
  }
  while (other < on_board && !has(other)) {
    ++other;
  }
  return other;
}

}  // namespace cutpoint
