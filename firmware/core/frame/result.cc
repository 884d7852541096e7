#include "result.h"

namespace cutpoint {
namespace {

// Floats are read by their bits: a NaN must be seen before it is a float.
Status check_score(const uint8_t* at) {
  return finite_bits(load_u32(at)) ? Status::kOk : Status::kNumber;
}

Status check_class(const uint8_t* record) {
  if (load_u16(record + 2) != 0) {
    return Status::kReserved;
  }
  return check_score(record + 4);
}

Status check_centroid(const uint8_t* record) {
  if (load_u16(record + 10) != 0) {
    return Status::kReserved;
  }
  return check_score(record + 12);
}

// By answer: the records that a result may have, and the bytes of one; tensor records have their own size.
constexpr uint16_t kMostRecords[] = {0, kMaxTensors, UINT16_MAX, UINT16_MAX, kMaxOfferedModels};
constexpr uint8_t kRecordBytes[] = {0, 0, kClassRecordBytes, kCentroidRecordBytes, kModelIdBytes};

// Only kOk answers; only a device whose model nobody knows is told what is on offer.
bool fits(ResultStatus status, AnswerKind answer, uint16_t count) {
  const ResultStatus needed = answer == AnswerKind::kModels ? ResultStatus::kUnknownModel : ResultStatus::kOk;
  return (answer == AnswerKind::kNone || status == needed) && count <= kMostRecords[static_cast<size_t>(answer)];
}

}  // namespace

ClassRecord ResultView::class_record(size_t i) const {
  const uint8_t* at = records.data() + i * kClassRecordBytes;
  return ClassRecord{load_u16(at), float_of_bits(load_u32(at + 4))};
}

CentroidRecord ResultView::centroid_record(size_t i) const {
  const uint8_t* at = records.data() + i * kCentroidRecordBytes;
  return CentroidRecord{load_u16(at),     load_u16(at + 2), load_u16(at + 4),
                        load_u16(at + 6), load_u16(at + 8), float_of_bits(load_u32(at + 12))};
}

Status read_result(const Header& header, Bytes payload, ResultView& view) {
  if (header.kind != Kind::kResult) {
    return Status::kKind;
  }
  view = ResultView();
  ByteReader reader(payload);
  Bytes head;
  CUTPOINT_TRY(reader.take(kResultHeadBytes, head));
  const uint8_t status = head[0];
  const uint8_t answer = head[1];
  view.count = load_u16(head.data() + 2);
  view.edge_us = load_u32(head.data() + 4);
  if (status > static_cast<uint8_t>(ResultStatus::kFailed) || answer > static_cast<uint8_t>(AnswerKind::kModels)) {
    return Status::kNumber;
  }
  view.status = static_cast<ResultStatus>(status);
  view.answer = static_cast<AnswerKind>(answer);
  if (!fits(view.status, view.answer, view.count)) {
    return Status::kCount;
  }
  view.partial = (header.flags & kFlagPartial) != 0;
  if (view.partial && (view.status != ResultStatus::kOk || view.answer == AnswerKind::kNone)) {
    return Status::kFlags;
  }
  if (view.answer == AnswerKind::kRaw) {
    if (opaque(header.codec)) {
      return Status::kCodec;  // an answer is no picture, and no codec is calibrated for it
    }
    CUTPOINT_TRY(read_tensor_records(reader, header.codec, view.count, view.records));
    return reader.finished();
  }
  const size_t size = kRecordBytes[answer];
  CUTPOINT_TRY(reader.take(view.count * size, view.records));
  for (size_t i = 0; i < view.count; ++i) {
    const uint8_t* record = view.records.data() + i * size;
    if (view.answer == AnswerKind::kClasses) {
      CUTPOINT_TRY(check_class(record));
    } else if (view.answer == AnswerKind::kCentroids) {
      CUTPOINT_TRY(check_centroid(record));
    }
  }
  return reader.finished();
}

Status write_result_head(ResultStatus status, AnswerKind answer, uint16_t count, uint32_t edge_us,
                         ByteWriter& writer) {
  if (!fits(status, answer, count)) {
    return Status::kArgument;
  }
  uint8_t head[kResultHeadBytes] = {static_cast<uint8_t>(status), static_cast<uint8_t>(answer)};
  store_u16(head + 2, count);
  store_u32(head + 4, edge_us);
  return writer.put(Bytes(head));
}

Status write_class_record(const ClassRecord& record, ByteWriter& writer) {
  const uint32_t score = bits_of_float(record.score);
  if (!finite_bits(score)) {
    return Status::kNumber;
  }
  CUTPOINT_TRY(writer.u16(record.label));
  CUTPOINT_TRY(writer.u16(0));
  return writer.u32(score);
}

Status write_centroid_record(const CentroidRecord& record, ByteWriter& writer) {
  const uint32_t score = bits_of_float(record.score);
  if (!finite_bits(score)) {
    return Status::kNumber;
  }
  CUTPOINT_TRY(writer.u16(record.label));
  CUTPOINT_TRY(writer.u16(record.x));
  CUTPOINT_TRY(writer.u16(record.y));
  CUTPOINT_TRY(writer.u16(record.width));
  CUTPOINT_TRY(writer.u16(record.height));
  CUTPOINT_TRY(writer.u16(0));
  return writer.u32(score);
}

Status write_raw_tensor(const TensorView& tensor, ByteWriter& writer) {
  CodedSize size = {};
  CUTPOINT_TRY(measure_tensor(CodecId::kRaw, tensor, size));
  uint8_t head[kTensorRecordBytes];
  write_tensor_head(tensor, size, head);
  CUTPOINT_TRY(writer.put(Bytes(head)));
  return writer.put(tensor.data);
}

}  // namespace cutpoint
