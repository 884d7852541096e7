// Which cuts a device can take: an engine that lays out its memory for each cut may not have enough for all of them.
#ifndef CUTPOINT_SESSION_CUT_SET_H_
#define CUTPOINT_SESSION_CUT_SET_H_

#include <stddef.h>
#include <stdint.h>

#include "../engine/line_engine.h"
#include "../span.h"

namespace cutpoint {

// Bytes of a bit for each of the cuts 0 to `operators`.
constexpr size_t cut_set_bytes(size_t operators) { return operators / 8 + 1; }

// A bit for each cut from 0 on, the least significant first. Without bytes: every cut. Does not own them.
class CutSet {
 public:
  constexpr CutSet() = default;
  constexpr explicit CutSet(Bytes bits) : bits_(bits) {}

  // Asks the engine for the cuts 0 to `on_board`. `memory` has cut_set_bytes(on_board), and must live as long as the
  // set. Null for an engine that has them all.
  static CutSet of(const LineEngine* lines, uint16_t on_board, MutableBytes memory);

  bool has(size_t cut) const;

  // What to do instead of `cut`, which is at most `on_board`: the cut itself, else everything on board where that is
  // the whole network, else the next smaller cut, else the next greater one. `on_board` when there is no cut at all.
  uint16_t instead_of(uint16_t cut, uint16_t on_board, uint16_t operators) const;

 private:
  Bytes bits_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_CUT_SET_H_
