#include "chunker.h"

#include "../bytes.h"

namespace cutpoint {

Status FlatPayload::pull(MutableBytes to) {
  if (to.size() > rest_.size()) {
    return Status::kArgument;
  }
  copy_bytes(to.data(), rest_.data(), to.size());
  rest_ = rest_.from(to.size());
  return Status::kOk;
}

Status Chunker::begin(const Header& header, size_t payload_bytes, size_t chunk_bytes) {
  if (chunk_bytes < kMinChunkBytes) {
    return Status::kArgument;
  }
  const size_t chunk_payload = chunk_bytes - kHeaderBytes;
  size_t chunks = payload_bytes / chunk_payload + (payload_bytes % chunk_payload != 0 ? 1 : 0);
  if (chunks == 0) {
    chunks = 1;
  }
  if (chunks > kMaxChunks) {
    return Status::kOversized;
  }
  header_ = header;
  header_.chunk_count = static_cast<uint16_t>(chunks);
  payload_bytes_ = payload_bytes;
  chunk_payload_ = chunk_payload;
  next_index_ = 0;
  return Status::kOk;
}

size_t Chunker::next_bytes() const {
  if (done()) {
    return 0;
  }
  const size_t left = payload_bytes_ - static_cast<size_t>(next_index_) * chunk_payload_;
  return kHeaderBytes + (left < chunk_payload_ ? left : chunk_payload_);
}

Status Chunker::next(PayloadSource& source, MutableBytes buffer, Bytes& frame) {
  if (done()) {
    return Status::kArgument;
  }
  if (buffer.size() < next_bytes()) {
    return Status::kBufferTooSmall;
  }
  const MutableBytes whole = buffer.first(next_bytes());
  CUTPOINT_TRY(source.pull(whole.from(kHeaderBytes)));
  header_.chunk_index = next_index_;
  header_.payload_bytes = static_cast<uint32_t>(whole.size() - kHeaderBytes);
  CUTPOINT_TRY(seal_frame(header_, whole));
  ++next_index_;
  frame = whole;
  return Status::kOk;
}

}  // namespace cutpoint
