// codec.tables: what a calibration of one network found, read where it lies (docs/codecs.md has the bytes).
#ifndef CUTPOINT_CODEC_TABLES_CODEC_TABLES_H_
#define CUTPOINT_CODEC_TABLES_CODEC_TABLES_H_

#include <stddef.h>
#include <stdint.h>

#include "../../model_id.h"
#include "../../span.h"
#include "../../status.h"
#include "../codec_id.h"
#include "../rans/model.h"
#include "../slicer/settings.h"
#include "../tensor.h"

namespace cutpoint {

constexpr size_t kMaxSettingTensors = 16;
constexpr size_t kMaxTableElements = size_t{1} << 24;  // of one tensor
constexpr size_t kMaxOrderedChannels = 256;

// One way to code the tensors of a cut.
struct SettingView {
  uint16_t cut;
  CodecId codec;  // one that is calibrated
  uint8_t tensors;
};

// What one tensor of a setting is coded with. Points into the file.
struct TensorTables {
  CodecId codec;
  DType dtype;  // int8 or uint8
  LevelGrid grid;
  uint16_t tolerance;        // delta: an element keeps its reference level when that is no further away
  uint16_t mark;             // of these tables: what a coded tensor begins with
  const uint8_t* to_level;   // 256, by the element as an unsigned byte. Null for slicer
  const uint8_t* to_value;   // as many as levels; not less than one. Null for slicer
  const uint8_t* order;      // lowbit: the channels, the most important first; null for elements as they lie
  RansModel models[2];       // rans: [0]. delta: [0] of key frames, [1] of changes
  SlicerSettings slicer;     // of codec slicer

  size_t elements() const { return grid.elements(); }
};

class CodecTables {
 public:
  // Checks everything; what is read later is not checked again. `file` lies at a multiple of 4 (kArgument) and outlives
  // this. kTruncated, kMagic, kVersion, kCrc (damaged, or cut off), kTables (of another network), kCount, kReserved,
  // kNumber, kDType, kCodec, kLength (a block that does not lie in the file, or not at a multiple of 4).
  static Status open(Bytes file, const ModelId& model, CodecTables& tables);

  uint32_t version() const { return version_; }
  uint8_t count() const { return count_; }

  // number: from 1. False where there is none.
  bool setting(uint8_t number, SettingView& view) const;
  // place: among the tensors of the cut, in the order in which they travel.
  bool tensor(uint8_t number, size_t place, TensorTables& tables) const;

 private:
  Status check() const;
  Status read_block(size_t at, CodecId codec, bool checked, TensorTables& tables) const;

  Bytes file_;
  uint32_t version_ = 0;
  uint8_t count_ = 0;
};

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_TABLES_CODEC_TABLES_H_
