// The result message: what the edge answers, or why it does not.
#ifndef CUTPOINT_FRAME_RESULT_H_
#define CUTPOINT_FRAME_RESULT_H_

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"
#include "header.h"
#include "tensor_record.h"

namespace cutpoint {

constexpr size_t kResultHeadBytes = 8;
constexpr size_t kClassRecordBytes = 8;
constexpr size_t kCentroidRecordBytes = 16;
constexpr size_t kMaxOfferedModels = 64;

enum class ResultStatus : uint8_t {
  kOk = 0,
  kBadFrame = 1,
  kUnknownModel = 2,
  kWrongCut = 3,
  kOverloaded = 4,
  kTooLate = 5,
  kFailed = 6,
};

enum class AnswerKind : uint8_t {
  kNone = 0,
  kRaw = 1,
  kClasses = 2,
  kCentroids = 3,
  kModels = 4,  // the ids on offer, with kUnknownModel alone
};

struct ClassRecord {
  uint16_t label;
  float score;
};

// x and y are the centre, in pixels of the network's input.
struct CentroidRecord {
  uint16_t label;
  uint16_t x;
  uint16_t y;
  uint16_t width;
  uint16_t height;
  float score;
};

// A result in a checked payload; `records` points into it.
struct ResultView {
  ResultStatus status;
  AnswerKind answer;
  uint16_t count;    // of records; 0 unless status is kOk, or kUnknownModel with kModels
  uint32_t edge_us;  // residence in the edge
  Bytes records;     // kRaw: TensorCursor(records, header.codec)
  bool partial;      // of the chunks that came

  ClassRecord class_record(size_t i) const;        // kClasses, i < count
  CentroidRecord centroid_record(size_t i) const;  // kCentroids, i < count
  ModelId model_record(size_t i) const {           // kModels, i < count
    ModelId model = {};
    copy_bytes(model.bytes, records.data() + i * kModelIdBytes, kModelIdBytes);
    return model;
  }
};

Status read_result(const Header& header, Bytes payload, ResultView& view);

// Writers fill a flat payload, for Chunker with FlatPayload: the head, then `count` records of the stated kind.
Status write_result_head(ResultStatus status, AnswerKind answer, uint16_t count, uint32_t edge_us, ByteWriter& writer);
Status write_class_record(const ClassRecord& record, ByteWriter& writer);        // kNumber unless the score is finite
Status write_centroid_record(const CentroidRecord& record, ByteWriter& writer);  // the same
inline Status write_model_record(const ModelId& model, ByteWriter& writer) { return writer.put(Bytes(model.bytes)); }
Status write_raw_tensor(const TensorView& tensor, ByteWriter& writer);           // codec raw

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_RESULT_H_
