#include "reassembler.h"

#include "../bytes.h"

namespace cutpoint {
namespace {

bool same_message(const Header& a, const Header& b) {
  return a.kind == b.kind && a.model == b.model && a.boot == b.boot && a.sequence == b.sequence &&
         a.cut == b.cut && a.codec == b.codec && a.flags == b.flags && a.chunk_count == b.chunk_count;
}

// A message of equal boot and sequence that differs otherwise is not older: the one that comes later counts.
bool older(const Header& a, const Header& than) {
  return a.boot == than.boot ? serial_newer(than.sequence, a.sequence) : serial_newer(than.boot, a.boot);
}

bool is_last(const Header& header) { return header.chunk_index + 1u == header.chunk_count; }

}  // namespace

Status Reassembler::push(Bytes frame, Message& message) {
  Header header = {};
  Bytes payload;
  Status status = open_frame(frame, header, payload);
  if (status == Status::kOk && (header.flags & kFlagEncrypted) != 0) {
    status = Status::kEncrypted;
  }
  if (status == Status::kOk) {
    status = accept(header, payload, message);
  }
  switch (status) {
    case Status::kOk:
      counters_.messages += 1;
      stale_streak_ = 0;
      break;
    case Status::kPending:
      stale_streak_ = 0;
      break;
    case Status::kDuplicate:
      counters_.duplicate += 1;
      break;
    case Status::kStale:
      counters_.stale += 1;
      break;
    case Status::kOversized:
      counters_.oversized += 1;
      break;
    default:
      counters_.refused += 1;
      break;
  }
  return status;
}

Status Reassembler::accept(const Header& header, Bytes payload, Message& message) {
  bool belongs = active_ && same_message(header, header_);
  if (active_ && !belongs && older(header, header_)) {
    stale_streak_ += 1;
    if (stale_streak_ < kStaleBeforeGivingUp) {
      return Status::kStale;
    }
  }
  if (belongs && seen(header.chunk_index)) {
    const Bytes before = held(header.chunk_index);
    if (before.size() == payload.size() && equal_bytes(before.data(), payload.data(), payload.size())) {
      return Status::kDuplicate;
    }
    // Other content under the same names: telemetry and plans carry no sequence, so this is the next message.
    belongs = false;
  }
  if (header.chunk_count == 1) {
    counters_.displaced += active_ ? 1 : 0;
    finish(header, payload, message);
    return Status::kOk;
  }
  CUTPOINT_TRY(check_size(header, payload.size(), belongs));
  if (!belongs) {
    counters_.displaced += active_ ? 1 : 0;
    start(header);
  }
  place(header, payload);
  if (chunks_left_ != 0) {
    return Status::kPending;
  }
  finish(header, buffer_.first(chunk_payload_ * (header.chunk_count - 1u) + last_payload_), message);
  return Status::kOk;
}

Status Reassembler::check_size(const Header& header, size_t payload_bytes, bool belongs) const {
  const size_t chunk_payload = belongs ? chunk_payload_ : 0;
  const size_t last_payload = belongs ? last_payload_ : 0;
  const size_t before_last = header.chunk_count - 1u;
  const size_t full = is_last(header) ? chunk_payload : payload_bytes;
  const size_t last = is_last(header) ? payload_bytes : last_payload;
  if (!is_last(header) && chunk_payload != 0 && chunk_payload != payload_bytes) {
    return Status::kLength;
  }
  if (full != 0 && last > full) {
    return Status::kLength;
  }
  // What has not come yet takes at least one byte a chunk.
  const size_t least_full = full != 0 ? full : last;
  const size_t least_last = last != 0 ? last : 1;
  if (least_last > buffer_.size() || (buffer_.size() - least_last) / before_last < least_full) {
    return Status::kOversized;
  }
  return Status::kOk;
}

void Reassembler::start(const Header& header) {
  active_ = true;
  header_ = header;
  chunk_payload_ = 0;
  last_payload_ = 0;
  chunks_left_ = header.chunk_count;
  for (uint32_t& word : seen_) {
    word = 0;
  }
}

void Reassembler::place(const Header& header, Bytes payload) {
  const size_t before_last = header.chunk_count - 1u;
  size_t offset = 0;
  if (is_last(header)) {
    last_payload_ = payload.size();
    offset = chunk_payload_ != 0 ? chunk_payload_ * before_last : buffer_.size() - payload.size();
  } else {
    if (chunk_payload_ == 0) {
      chunk_payload_ = payload.size();
      if (last_payload_ != 0) {
        move_bytes(buffer_.data() + chunk_payload_ * before_last,
                   buffer_.data() + buffer_.size() - last_payload_, last_payload_);
      }
    }
    offset = chunk_payload_ * header.chunk_index;
  }
  copy_bytes(buffer_.data() + offset, payload.data(), payload.size());
  seen_[header.chunk_index / 32] |= 1u << (header.chunk_index % 32);
  chunks_left_ = static_cast<uint16_t>(chunks_left_ - 1);
}

void Reassembler::finish(const Header& header, Bytes payload, Message& message) {
  active_ = false;
  message.header = header;
  message.header.chunk_index = 0;
  message.header.payload_bytes = static_cast<uint32_t>(payload.size());
  message.payload = payload;
}

bool Reassembler::incomplete(IncompleteMessage& message) const {
  if (!active_ || chunk_payload_ == 0) {
    return false;
  }
  const size_t before_last = chunk_payload_ * (header_.chunk_count - 1u);
  const size_t room = buffer_.size() - before_last;
  const size_t last = last_payload_ != 0 ? last_payload_ : (room < chunk_payload_ ? room : chunk_payload_);
  message.header = header_;
  message.header.chunk_index = 0;
  message.header.payload_bytes = static_cast<uint32_t>(before_last + last);
  message.payload = buffer_.first(before_last + last);
  message.chunk_payload = chunk_payload_;
  message.came = Span<const uint32_t>(seen_);
  message.chunks_came = static_cast<uint16_t>(header_.chunk_count - chunks_left_);
  return true;
}

Bytes Reassembler::held(uint16_t index) const {
  if (index + 1u != header_.chunk_count) {
    return buffer_.slice(chunk_payload_ * index, chunk_payload_);
  }
  const size_t offset = chunk_payload_ != 0 ? chunk_payload_ * index : buffer_.size() - last_payload_;
  return buffer_.slice(offset, last_payload_);
}

}  // namespace cutpoint
