// Packets of the serial line, made by hand.
#ifndef CUTPOINT_TESTS_SERIAL_PACKETS_H_
#define CUTPOINT_TESTS_SERIAL_PACKETS_H_

#include <string>
#include <vector>

#include "serial/demux.h"
#include "serial/improv_service.h"

namespace packets {

using namespace cutpoint;
using namespace cutpoint::device;

using Buffer = std::vector<uint8_t>;

inline Bytes bytes(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
inline Buffer buffer(const std::string& text) { return Buffer(text.begin(), text.end()); }
inline std::string string_of(Text text) { return std::string(text.data(), text.size()); }

inline Buffer picture_packet(const Buffer& data) {
  uint8_t head[kPictureHeadBytes];
  write_picture_head(bytes(data), head);
  Buffer packet(head, head + sizeof head);
  packet.insert(packet.end(), data.begin(), data.end());
  return packet;
}

inline Buffer improv_packet(uint8_t type, const Buffer& data) {
  uint8_t to[kMaxImprovBytes];
  size_t size = 0;
  CHECK(write_improv(type, bytes(data), MutableBytes(to), size) == Status::kOk);
  return Buffer(to, to + size);
}

}  // namespace packets

#endif  // CUTPOINT_TESTS_SERIAL_PACKETS_H_
