// The decision that a device follows, and which plans may replace it.
#ifndef CUTPOINT_SESSION_PLAN_STATE_H_
#define CUTPOINT_SESSION_PLAN_STATE_H_

#include <stdint.h>

#include "../bytes.h"
#include "../codec/tables/codec_tables.h"
#include "../frame/header.h"
#include "../frame/plan.h"
#include "config.h"

namespace cutpoint {

struct Decision {
  uint32_t epoch;  // 0: no plan yet, the configuration holds
  uint16_t cut;
  CodecId codec;
  uint8_t setting;  // of the codec tables; 0 for a codec without
  uint8_t flags;    // hedged, timings, exploration
  uint32_t deadline_ms;
};

enum class PlanVerdict : uint8_t {
  kAccepted,
  kStale,       // for another model, or not newer
  kOtherCut,    // accepted, but for the cut: there is no memory for that one
  kOtherCodec,  // accepted, but for the codec: raw, because the tables on board have no such setting for the cut
  kImpossible,  // a cut beyond what is on board
};

// Whether the tensors of `cut` can be coded so. `tables` may be null.
inline bool has_setting(const CodecTables* tables, CodecId codec, uint8_t setting, uint16_t cut) {
  if (!calibrated(codec)) {
    return setting == 0;
  }
  SettingView view = {};
  return tables != nullptr && tables->setting(setting, view) && view.codec == codec && view.cut == cut;
}

class PlanState {
 public:
  // tables: of this model, null for none; must live as long as plans are offered.
  void begin(const SessionConfig& config, const CodecTables* tables) {
    const uint8_t flags = config.timings ? kFlagTimings : uint8_t{0};
    decision_ = {0, config.cut, config.codec, config.setting, flags, config.deadline_ms};
    tables_ = tables;
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
    CodecId codec = header.codec;
    uint8_t setting = 0;
    if (calibrated(codec) && !take_setting(codec, cut, plan.parameters, setting)) {
      codec = CodecId::kRaw;
    }
    const bool as_asked = cut == header.cut && codec == header.codec;
    // Another cut or codec than was asked for teaches something else.
    const uint8_t kept = kFlagHedged | kFlagTimings | (as_asked ? kFlagExploration : uint8_t{0});
    decision_ = {plan.epoch, cut, codec, setting, static_cast<uint8_t>(header.flags & kept), plan.deadline_ms};
    if (cut != header.cut) {
      return PlanVerdict::kOtherCut;
    }
    return as_asked ? PlanVerdict::kAccepted : PlanVerdict::kOtherCodec;
  }

 private:
  // The setting that a plan's parameters name; false when it cannot be had for this cut.
  bool take_setting(CodecId codec, uint16_t cut, Bytes parameters, uint8_t& setting) const {
    const bool named = parameters.size() == kSettingParameterBytes && tables_ != nullptr &&
                       load_u32(parameters.data() + 1) == tables_->version() &&
                       has_setting(tables_, codec, parameters[0], cut);
    setting = named ? parameters[0] : uint8_t{0};
    return named;
  }

  Decision decision_ = {};
  const CodecTables* tables_ = nullptr;
  ModelId model_ = {};
  uint16_t on_board_ = 0;
  uint16_t operators_ = 0;
  CutSet cuts_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_PLAN_STATE_H_
