// Improv Wi-Fi over a serial line, version 1: packets as bytes. https://www.improv-wifi.com/serial/
#ifndef CUTPOINT_DEVICE_SERIAL_IMPROV_H_
#define CUTPOINT_DEVICE_SERIAL_IMPROV_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "../../core/span.h"
#include "../sentence.h"

namespace cutpoint::device {

// "IMPROV", version, type, length, data, sum of all bytes before it.
constexpr uint8_t kImprovVersion = 1;
constexpr size_t kImprovMagicBytes = 6;
constexpr size_t kImprovOverheadBytes = kImprovMagicBytes + 4;
constexpr size_t kMaxImprovData = 255;
constexpr size_t kMaxSsidBytes = 32;
constexpr size_t kMaxPasswordBytes = 64;
constexpr size_t kMaxImprovBytes = kImprovOverheadBytes + kMaxImprovData;

enum class ImprovType : uint8_t { kState = 1, kError = 2, kCommand = 3, kResult = 4 };
enum class ImprovState : uint8_t { kReady = 2, kProvisioning = 3, kProvisioned = 4 };
enum class ImprovError : uint8_t {
  kNone = 0,
  kInvalid = 1,
  kUnknownCommand = 2,
  kUnableToConnect = 3,
  kUnknown = 255,
};
enum class ImprovCommand : uint8_t { kWifi = 1, kState = 2, kInfo = 3, kNetworks = 4 };

// Points into the caller's bytes.
struct ImprovPacket {
  uint8_t type = 0;  // an ImprovType, or a number that this version does not know
  Bytes data;
};

// A whole packet. kTruncated for fewer bytes than it states, kMagic, kVersion, kTrailing for more, kCrc for a wrong sum.
Status read_improv(Bytes bytes, ImprovPacket& packet);

// kBufferTooSmall, or kArgument for more than kMaxImprovData.
Status write_improv(uint8_t type, Bytes data, MutableBytes to, size_t& size);

// The data of a command packet: its number, and for kWifi the network.
struct ImprovRequest {
  uint8_t command = 0;
  Text ssid;
  Text password;
};
// kTruncated, kTrailing, or kCount for lengths that contradict each other, a network of no name, texts that are too long
// or hold a zero.
Status read_improv_request(Bytes data, ImprovRequest& request);

// The data of a result: the command that it answers, and strings.
class ImprovResult {
 public:
  explicit ImprovResult(ImprovCommand command);
  // False, and nothing added, when it does not fit.
  bool add(Text text);
  Bytes data() const { return Bytes(data_, size_); }

 private:
  size_t size_ = 2;
  uint8_t data_[kMaxImprovData];
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SERIAL_IMPROV_H_
