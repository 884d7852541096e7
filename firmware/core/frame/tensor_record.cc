#include "tensor_record.h"

namespace cutpoint {

Status read_tensor_head(ByteReader& reader, CodecId header_codec, TensorRecord& record, uint32_t& coded_bytes) {
  uint8_t dtype = 0;
  uint8_t codec = 0;
  CUTPOINT_TRY(reader.u16(record.index));
  CUTPOINT_TRY(reader.u8(dtype));
  CUTPOINT_TRY(reader.u8(codec));
  CUTPOINT_TRY(reader.u32(record.raw_bytes));
  CUTPOINT_TRY(reader.u32(coded_bytes));
  record.dtype = static_cast<DType>(dtype);
  record.codec = static_cast<CodecId>(codec);
  if (item_bytes(record.dtype) == 0) {
    return Status::kDType;
  }
  if (record.codec != CodecId::kRaw && record.codec != header_codec) {
    return Status::kCodec;
  }
  return check_coded_size(record.codec, record.dtype, record.raw_bytes, coded_bytes);
}

Status read_tensor_record(ByteReader& reader, CodecId header_codec, TensorRecord& record) {
  uint32_t coded_bytes = 0;
  CUTPOINT_TRY(read_tensor_head(reader, header_codec, record, coded_bytes));
  return reader.take(coded_bytes, record.coded);
}

Status read_tensor_records(ByteReader& reader, CodecId header_codec, uint16_t count, Bytes& records) {
  const Bytes from = reader.rest();
  for (uint16_t i = 0; i < count; ++i) {
    TensorRecord record = {};
    CUTPOINT_TRY(read_tensor_record(reader, header_codec, record));
  }
  records = from.first(from.size() - reader.remaining());
  return Status::kOk;
}

void write_tensor_head(const TensorView& tensor, const CodedSize& size, uint8_t* to) {
  store_u16(to, tensor.index);
  to[2] = static_cast<uint8_t>(tensor.dtype);
  to[3] = static_cast<uint8_t>(size.codec);
  store_u32(to + 4, static_cast<uint32_t>(tensor.data.size()));
  store_u32(to + 8, size.bytes);
}

}  // namespace cutpoint
