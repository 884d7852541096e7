#include "improv.h"

namespace cutpoint::device {
namespace {

constexpr uint8_t kMagic[kImprovMagicBytes] = {'I', 'M', 'P', 'R', 'O', 'V'};

uint8_t sum(Bytes bytes) {
  uint32_t total = 0;
  for (const uint8_t byte : bytes) {
    total += byte;
  }
  return static_cast<uint8_t>(total & 0xFFu);
}

Status take_text(ByteReader& reader, Text& text) {
  uint8_t size = 0;
  Bytes bytes;
  CUTPOINT_TRY(reader.u8(size));
  CUTPOINT_TRY(reader.take(size, bytes));
  text = Text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return Status::kOk;
}

bool has_zero(Text text) {
  for (const char character : text) {
    if (character == '\0') {
      return true;
    }
  }
  return false;
}

}  // namespace

Status read_improv(Bytes bytes, ImprovPacket& packet) {
  packet = ImprovPacket();
  if (bytes.size() < kImprovOverheadBytes) {
    return Status::kTruncated;
  }
  if (!equal_bytes(bytes.data(), kMagic, kImprovMagicBytes)) {
    return Status::kMagic;
  }
  if (bytes[6] != kImprovVersion) {
    return Status::kVersion;
  }
  const size_t whole = kImprovOverheadBytes + bytes[8];
  if (bytes.size() != whole) {
    return bytes.size() < whole ? Status::kTruncated : Status::kTrailing;
  }
  if (sum(bytes.first(whole - 1)) != bytes[whole - 1]) {
    return Status::kCrc;
  }
  packet.type = bytes[7];
  packet.data = bytes.slice(9, bytes[8]);
  return Status::kOk;
}

Status write_improv(uint8_t type, Bytes data, MutableBytes to, size_t& size) {
  size = 0;
  if (data.size() > kMaxImprovData) {
    return Status::kArgument;
  }
  ByteWriter writer(to);
  CUTPOINT_TRY(writer.put(Bytes(kMagic)));
  CUTPOINT_TRY(writer.u8(kImprovVersion));
  CUTPOINT_TRY(writer.u8(type));
  CUTPOINT_TRY(writer.u8(static_cast<uint8_t>(data.size())));
  CUTPOINT_TRY(writer.put(data));
  CUTPOINT_TRY(writer.u8(sum(writer.written())));
  size = writer.size();
  return Status::kOk;
}

Status read_improv_request(Bytes data, ImprovRequest& request) {
  request = ImprovRequest();
  ByteReader reader(data);
  uint8_t size = 0;
  CUTPOINT_TRY(reader.u8(request.command));
  CUTPOINT_TRY(reader.u8(size));
  if (size != reader.remaining()) {
    return Status::kCount;
  }
  if (request.command != static_cast<uint8_t>(ImprovCommand::kWifi)) {
    // Later versions put arguments into commands that have none here; they are theirs to ignore.
    return Status::kOk;
  }
  CUTPOINT_TRY(take_text(reader, request.ssid));
  CUTPOINT_TRY(take_text(reader, request.password));
  CUTPOINT_TRY(reader.finished());
  const bool good = !request.ssid.empty() && request.ssid.size() <= kMaxSsidBytes &&
                    request.password.size() <= kMaxPasswordBytes && !has_zero(request.ssid) &&
                    !has_zero(request.password);
  return good ? Status::kOk : Status::kCount;
}

ImprovResult::ImprovResult(ImprovCommand command) {
  data_[0] = static_cast<uint8_t>(command);
  data_[1] = 0;
}

bool ImprovResult::add(Text text) {
  if (text.size() + 1 > kMaxImprovData - size_) {
    return false;
  }
  data_[size_++] = static_cast<uint8_t>(text.size());
  copy_bytes(data_ + size_, reinterpret_cast<const uint8_t*>(text.data()), text.size());
  size_ += text.size();
  data_[1] = static_cast<uint8_t>(size_ - 2);
  return true;
}

}  // namespace cutpoint::device
