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

// Only kOk answers; only a device whose model nobody knows is told what is on offer.
bool fits(ResultStatus status, AnswerKind answer) {
  switch (answer) {
    case AnswerKind::kNone:
      return true;
    case AnswerKind::kModels:
      return status == ResultStatus::kUnknownModel;
    default:
      return status == ResultStatus::kOk;
  }
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

ModelId ResultView::model_record(size_t i) const {
  ModelId model = {};
  copy_bytes(model.bytes, records.data() + i * kModelIdBytes, kModelIdBytes);
  return model;
}

Status read_result(const Header& header, Bytes payload, ResultView& view) {
  if (header.kind != Kind::kResult) {
    return Status::kKind;
  }
  view = ResultView();
  ByteReader reader(payload);
  uint8_t status = 0;
  uint8_t answer = 0;
  CUTPOINT_TRY(reader.u8(status));
  CUTPOINT_TRY(reader.u8(answer));
  CUTPOINT_TRY(reader.u16(view.count));
  CUTPOINT_TRY(reader.u32(view.edge_us));
  if (status > static_cast<uint8_t>(ResultStatus::kFailed) || answer > static_cast<uint8_t>(AnswerKind::kModels)) {
    return Status::kNumber;
  }
  view.status = static_cast<ResultStatus>(status);
  view.answer = static_cast<AnswerKind>(answer);
  if (!fits(view.status, view.answer)) {
    return Status::kCount;
  }
  switch (view.answer) {
    case AnswerKind::kNone:
      if (view.count != 0) {
        return Status::kCount;
      }
      break;
    case AnswerKind::kRaw:
      if (view.count > kMaxTensors) {
        return Status::kCount;
      }
      if (header.codec == CodecId::kJpeg) {
        return Status::kCodec;  // an answer is no picture
      }
      CUTPOINT_TRY(read_tensor_records(reader, header.codec, view.count, view.records));
      break;
    case AnswerKind::kClasses:
      CUTPOINT_TRY(reader.take(view.count * kClassRecordBytes, view.records));
      for (size_t i = 0; i < view.count; ++i) {
        CUTPOINT_TRY(check_class(view.records.data() + i * kClassRecordBytes));
      }
      break;
    case AnswerKind::kCentroids:
      CUTPOINT_TRY(reader.take(view.count * kCentroidRecordBytes, view.records));
      for (size_t i = 0; i < view.count; ++i) {
        CUTPOINT_TRY(check_centroid(view.records.data() + i * kCentroidRecordBytes));
      }
      break;
    case AnswerKind::kModels:
      if (view.count > kMaxOfferedModels) {
        return Status::kCount;
      }
      CUTPOINT_TRY(reader.take(view.count * kModelIdBytes, view.records));
      break;
  }
  return reader.finished();
}

Status write_result_head(ResultStatus status, AnswerKind answer, uint16_t count, uint32_t edge_us,
                         ByteWriter& writer) {
  const bool too_many = (answer == AnswerKind::kNone && count != 0) ||
                        (answer == AnswerKind::kModels && count > kMaxOfferedModels);
  if (!fits(status, answer) || too_many) {
    return Status::kArgument;
  }
  CUTPOINT_TRY(writer.u8(static_cast<uint8_t>(status)));
  CUTPOINT_TRY(writer.u8(static_cast<uint8_t>(answer)));
  CUTPOINT_TRY(writer.u16(count));
  return writer.u32(edge_us);
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

Status write_model_record(const ModelId& model, ByteWriter& writer) { return writer.put(Bytes(model.bytes)); }

Status write_raw_tensor(const TensorView& tensor, ByteWriter& writer) {
  CodedSize size = {};
  CUTPOINT_TRY(measure_tensor(CodecId::kRaw, tensor, size));
  uint8_t head[kTensorRecordBytes];
  write_tensor_head(tensor, size, head);
  CUTPOINT_TRY(writer.put(Bytes(head)));
  return writer.put(tensor.data);
}

}  // namespace cutpoint
