// One tensor inside an activation or a raw result: a 12-byte head and the coded bytes.
#ifndef CUTPOINT_FRAME_TENSOR_RECORD_H_
#define CUTPOINT_FRAME_TENSOR_RECORD_H_

#include <stddef.h>
#include <stdint.h>

#include "../bytes.h"
#include "../codec/codec.h"

namespace cutpoint {

constexpr size_t kTensorRecordBytes = 12;  // without the data
constexpr uint8_t kMaxTensors = 16;

struct TensorRecord {
  uint16_t index;  // in the whole model
  DType dtype;
  CodecId codec;  // the one that this tensor really uses
  uint32_t raw_bytes;
  Bytes coded;  // points into the payload; decode_tensor undoes it
};

// Reads the kTensorRecordBytes before the data, and checks them as read_tensor_record does; record.coded stays as it was.
Status read_tensor_head(ByteReader& reader, CodecId header_codec, TensorRecord& record, uint32_t& coded_bytes);

// Reads one record and checks what can be told without decoding: a known dtype, the header's codec or raw, sizes that
// can belong together.
Status read_tensor_record(ByteReader& reader, CodecId header_codec, TensorRecord& record);

// Checks `count` records and takes them together, for a TensorCursor.
Status read_tensor_records(ByteReader& reader, CodecId header_codec, uint16_t count, Bytes& records);

// Writes the kTensorRecordBytes before the data.
void write_tensor_head(const TensorView& tensor, const CodedSize& size, uint8_t* to);

// Walks over records that a payload reader has checked.
class TensorCursor {
 public:
  TensorCursor(Bytes records, CodecId header_codec) : reader_(records), header_codec_(header_codec) {}

  // False after the last record.
  bool next(TensorRecord& record) {
    return reader_.remaining() != 0 && read_tensor_record(reader_, header_codec_, record) == Status::kOk;
  }

 private:
  ByteReader reader_;
  CodecId header_codec_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_TENSOR_RECORD_H_
