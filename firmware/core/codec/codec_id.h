// The numbers by which the wire names codecs.
#ifndef CUTPOINT_CODEC_CODEC_ID_H_
#define CUTPOINT_CODEC_CODEC_ID_H_

#include <stddef.h>
#include <stdint.h>

namespace cutpoint {

enum class CodecId : uint8_t {
  kRaw = 0,
  kBitmap = 1,
  kJpeg = 2,
  kLowbit = 3,
  kRans = 4,
  kSlicer = 5,
  kDelta = 6,
};

constexpr bool known_codec(uint8_t id) { return id <= static_cast<uint8_t>(CodecId::kDelta); }

// Made and undone with the tables of a calibration only (codec.tables, docs/codecs.md).
constexpr bool calibrated(CodecId codec) { return codec >= CodecId::kLowbit && codec <= CodecId::kDelta; }

// A calibrated coded tensor begins with the low half of the version of its tables.
constexpr size_t kTablesMarkBytes = 2;

// Undone only by who has more than the bytes: the model, or the tables. A frame's reader hands them on as they are.
constexpr bool opaque(CodecId codec) { return codec == CodecId::kJpeg || calibrated(codec); }

}  // namespace cutpoint

#endif  // CUTPOINT_CODEC_CODEC_ID_H_
