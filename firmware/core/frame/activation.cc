#include "activation.h"

#include "../bytes.h"

namespace cutpoint {
namespace {

Header header_of(const ActivationFields& fields) {
  Header header = {};
  header.kind = Kind::kActivation;
  header.model = fields.model;
  header.boot = fields.boot;
  header.sequence = fields.sequence;
  header.cut = fields.cut;
  header.codec = fields.coding.codec;
  header.flags = fields.flags;
  return header;
}

bool timed(uint8_t flags) { return (flags & kFlagTimings) != 0; }

Status check_fields(const ActivationFields& fields) {
  const bool probe_alone = (fields.flags & kFlagProbe) != 0 && (fields.flags & kFlagAnswered) == 0;
  if (fields.sequence == 0 || (fields.flags & (kFlagsReserved | kFlagPartial)) != 0 || probe_alone) {
    return Status::kArgument;
  }
  if (fields.tensors.size() > kMaxTensors || calibrated(fields.coding.codec) != (fields.coding.setting != 0)) {
    return Status::kArgument;
  }
  if (timed(fields.flags) &&
      (fields.operators_us.size() < fields.cut || fields.operators_us.size() > UINT16_MAX)) {
    return Status::kArgument;
  }
  return Status::kOk;
}

}  // namespace

Status ActivationWriter::begin(const ActivationFields& fields, size_t chunk_bytes, NowUs now_us, void* context) {
  CUTPOINT_TRY(check_fields(fields));
  fields_ = fields;
  now_us_ = now_us;
  context_ = context;
  encode_us_ = 0;
  const uint64_t began_us = now_us != nullptr ? now_us(context) : 0;
  uint64_t total = kActivationHeadBytes;
  MutableBytes scratch_left = fields.coding.scratch;
  for (size_t i = 0; i < fields.tensors.size(); ++i) {
    CUTPOINT_TRY(measure_tensor(fields.coding, i, fields.tensors[i], scratch_left, sizes_[i]));
    total += kTensorRecordBytes + sizes_[i].bytes;
  }
  if (timed(fields.flags)) {
    total += 4 + 4 * static_cast<uint64_t>(fields.operators_us.size()) + kTimingTailBytes;
  }
  if (total > UINT32_MAX) {
    return Status::kOversized;
  }
  payload_bytes_ = static_cast<size_t>(total);
  CUTPOINT_TRY(chunker_.begin(header_of(fields), payload_bytes_, chunk_bytes));
  stage_ = Stage::kHead;
  tensor_ = 0;
  load_stage();
  add_encode_time(began_us);
  return Status::kOk;
}

Status ActivationWriter::next_chunk(MutableBytes buffer, Bytes& frame) {
  return chunker_.next(*this, buffer, frame);
}

bool ActivationWriter::next_is_ready(Span<const size_t> ready) const {
  const size_t end = chunker_.next_end();
  size_t at = kActivationHeadBytes;
  for (size_t i = 0; i < fields_.tensors.size() && i < ready.size(); ++i) {
    const size_t bytes = sizes_[i].bytes;
    const size_t final = final_bytes(fields_.coding, i, sizes_[i], ready[i]);
    at += kTensorRecordBytes + final;
    if (end <= at) {
      return true;
    }
    if (final != bytes) {
      break;
    }
  }
  return false;
}

void ActivationWriter::add_encode_time(uint64_t since) {
  if (now_us_ == nullptr) {
    return;
  }
  const uint64_t spent = now_us_(context_) - since;
  const uint64_t sum = encode_us_ + spent;
  encode_us_ = sum > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(sum);
}

Status ActivationWriter::pull(MutableBytes to) {
  pull_began_us_ = now_us_ != nullptr ? now_us_(context_) : 0;
  const bool tensors_left = stage_ < Stage::kEncodeTime;
  size_t at = 0;
  while (at < to.size() && stage_ != Stage::kEnd) {
    size_t count = 0;
    if (stage_ == Stage::kTensorData) {
      count = encoder_.pull(to.from(at));
    } else {
      count = scratch_size_ - scratch_at_;
      count = count < to.size() - at ? count : to.size() - at;
      copy_bytes(to.data() + at, scratch_ + scratch_at_, count);
      scratch_at_ += count;
    }
    at += count;
    if (stage_ == Stage::kTensorData && count == 0 && !encoder_.done()) {
      return Status::kArgument;
    }
    if (stage_ == Stage::kTensorData ? encoder_.done() : scratch_at_ == scratch_size_) {
      next_stage();
    }
  }
  if (tensors_left && stage_ < Stage::kEncodeTime) {
    add_encode_time(pull_began_us_);
  }
  return at == to.size() ? Status::kOk : Status::kArgument;
}

void ActivationWriter::next_stage() {
  switch (stage_) {
    case Stage::kHead:
    case Stage::kTensorData:
      tensor_ = static_cast<uint8_t>(tensor_ + (stage_ == Stage::kTensorData ? 1 : 0));
      if (tensor_ < fields_.tensors.size()) {
        stage_ = Stage::kTensorHead;
      } else {
        add_encode_time(pull_began_us_);
        stage_ = timed(fields_.flags) ? Stage::kEncodeTime : Stage::kEnd;
      }
      break;
    case Stage::kTensorHead:
      encoder_.begin(sizes_[tensor_], fields_.tensors[tensor_], fields_.coding, tensor_);
      stage_ = Stage::kTensorData;
      break;
    case Stage::kEncodeTime:
      operator_ = 0;
      stage_ = fields_.operators_us.empty() ? Stage::kLast : Stage::kOperators;
      break;
    case Stage::kOperators:
      ++operator_;
      stage_ = operator_ < fields_.operators_us.size() ? Stage::kOperators : Stage::kLast;
      break;
    case Stage::kLast:
    case Stage::kEnd:
      stage_ = Stage::kEnd;
      break;
  }
  load_stage();
}

void ActivationWriter::load_stage() {
  scratch_at_ = 0;
  scratch_size_ = 0;
  switch (stage_) {
    case Stage::kHead:
      scratch_size_ = kActivationHeadBytes;
      scratch_[0] = static_cast<uint8_t>(fields_.tensors.size());
      scratch_[1] = fields_.coding.setting;
      store_u16(scratch_ + 2, timed(fields_.flags) ? static_cast<uint16_t>(fields_.operators_us.size()) : uint16_t{0});
      store_u32(scratch_ + 4, fields_.plan_epoch);
      break;
    case Stage::kTensorHead: {
      scratch_size_ = kTensorRecordBytes;
      write_tensor_head(fields_.tensors[tensor_], sizes_[tensor_], scratch_);
      break;
    }
    case Stage::kEncodeTime:
      scratch_size_ = 4;
      store_u32(scratch_, encode_us_);
      break;
    case Stage::kOperators:
      scratch_size_ = 4;
      store_u32(scratch_, fields_.operators_us[operator_]);
      break;
    case Stage::kLast:
      scratch_size_ = kTimingTailBytes;
      store_u32(scratch_, fields_.last.sequence);
      store_u32(scratch_ + 4, fields_.last.round_trip_us);
      store_u32(scratch_ + 8, fields_.last.edge_us);
      store_u32(scratch_ + 12, fields_.last.bytes_up);
      store_u32(scratch_ + 16, fields_.last.bytes_down);
      break;
    case Stage::kTensorData:
    case Stage::kEnd:
      break;
  }
}

Status read_activation(const Header& header, Bytes payload, ActivationView& view) {
  if (header.kind != Kind::kActivation) {
    return Status::kKind;
  }
  if (header.sequence == 0) {
    return Status::kNumber;
  }
  view = ActivationView();
  view.timed = timed(header.flags);
  ByteReader reader(payload);
  CUTPOINT_TRY(reader.u8(view.tensor_count));
  CUTPOINT_TRY(reader.u8(view.setting));
  CUTPOINT_TRY(reader.u16(view.operators_timed));
  CUTPOINT_TRY(reader.u32(view.plan_epoch));
  if (calibrated(header.codec) != (view.setting != 0)) {
    return view.setting != 0 ? Status::kReserved : Status::kNumber;
  }
  if (view.tensor_count > kMaxTensors) {
    return Status::kCount;
  }
  // Whether it is the cut or N is for the reader to say who knows N.
  const bool count_fits = view.timed ? view.operators_timed >= header.cut : view.operators_timed == 0;
  if (!count_fits) {
    return Status::kCount;
  }
  CUTPOINT_TRY(read_tensor_records(reader, header.codec, view.tensor_count, view.tensors));
  if (view.timed) {
    CUTPOINT_TRY(reader.u32(view.encode_us));
    CUTPOINT_TRY(reader.take(4u * view.operators_timed, view.operators_us));
    CUTPOINT_TRY(reader.u32(view.last.sequence));
    CUTPOINT_TRY(reader.u32(view.last.round_trip_us));
    CUTPOINT_TRY(reader.u32(view.last.edge_us));
    CUTPOINT_TRY(reader.u32(view.last.bytes_up));
    CUTPOINT_TRY(reader.u32(view.last.bytes_down));
  }
  return reader.finished();
}

}  // namespace cutpoint
