// The decision that a device follows, and which plans may replace it.
#ifndef CUTPOINT_SESSION_PLAN_STATE_H_
#define CUTPOINT_SESSION_PLAN_STATE_H_

#include <stdint.h>

#include "../frame/header.h"
#include "../frame/plan.h"
#include "config.h"

namespace cutpoint {

struct Decision {
  uint32_t epoch;  // 0: no plan yet, the configuration holds
  uint16_t cut;
  CodecId codec;
  uint8_t flags;  // hedged, timings, exploration
  uint32_t deadline_ms;
};

enum class PlanVerdict : uint8_t {
  kAccepted,
  kStale,       // for another model, or not newer
  kOtherCut,    // accepted, but for the cut: there is no memory for that one
  kImpossible,  // a cut beyond what is on board
};

class PlanState {
 public:
  void begin(const SessionConfig& config) {
    decision_ = {0, config.cut, config.codec, config.timings ? kFlagTimings : uint8_t{0}, config.deadline_ms};
    model_ = config.model;
    on_board_ = config.on_board;
    operators_ = config.operators;
    cuts_ = config.cuts;
  }

  const Decision& decision() const { return decision_; }

  PlanVerdict offer(const Header& header, const Plan& plan) {
    const bool newer = decision_.epoch == 0 || serial_newer(plan.epoch, decision_.epoch);
    if (header.model != model_ || !newer) {
      return PlanVerdict::kStale;
    }
    if (header.cut > on_board_) {
      return PlanVerdict::kImpossible;
    }
    const uint16_t cut = cuts_.instead_of(header.cut, on_board_, operators_);
    uint8_t kept = kFlagHedged | kFlagTimings | kFlagExploration;
    if (cut != header.cut) {
      kept = kFlagHedged | kFlagTimings;  // another cut teaches something else
    }
    CodecId codec = header.codec;
    if (calibrated(codec)) {
      codec = CodecId::kRaw;  // there are no tables here
      kept &= static_cast<uint8_t>(~kFlagExploration);
    }
    decision_ = {plan.epoch, cut, codec, static_cast<uint8_t>(header.flags & kept), plan.deadline_ms};
    return cut == header.cut ? PlanVerdict::kAccepted : PlanVerdict::kOtherCut;
  }

 private:
  Decision decision_ = {};
  ModelId model_ = {};
  uint16_t on_board_ = 0;
  uint16_t operators_ = 0;
  CutSet cuts_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_PLAN_STATE_H_
