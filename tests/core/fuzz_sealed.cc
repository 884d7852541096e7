// libFuzzer target: hostile frames through everything that opens sealed ones.
//
// The input is a control byte and a row of frames, each after a u16 size. Magic, version, size and checksum are mended
// and the flag is set, unless the control byte says otherwise. A cipher that takes any tag lets the fuzzer past the
// tag as if it had the key; with the other one nothing may ever be opened.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "bytes.h"
#include "cipher/sealing.h"
#include "crc32.h"

using namespace cutpoint;

namespace {

void must(bool held) {
  if (!held) {
    std::abort();
  }
}

// No cipher: the text is turned by the nonce alone. Touches every byte that it is given.
class OpenDoor final : public Cipher {
 public:
  explicit OpenDoor(bool open) : open_(open) {}

  bool seal(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text, uint8_t (&tag)[kTagBytes]) override {
    turn(nonce, text);
    fill_bytes(tag, static_cast<uint8_t>(crc32(0, aad)), kTagBytes);
    return true;
  }
  bool open(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text, const uint8_t (&tag)[kTagBytes]) override {
    turn(nonce, text);
    sink_ = crc32(crc32(0, aad), Bytes(tag));
    return open_;
  }

 private:
  static void turn(const uint8_t (&nonce)[kNonceBytes], MutableBytes text) {
    for (size_t i = 0; i < text.size(); ++i) {
      text[i] = static_cast<uint8_t>(text[i] ^ nonce[i % kNonceBytes]);
    }
  }
  bool open_;
  volatile uint32_t sink_ = 0;
};

void mend(std::vector<uint8_t>& frame) {
  if (frame.size() < kHeaderBytes) {
    return;
  }
  frame[0] = 'C';
  frame[1] = 'P';
  frame[2] = kProtocolVersion;
  frame[3] = static_cast<uint8_t>(1 + frame[3] % 5);
  frame[18] = static_cast<uint8_t>(frame[18] % 2);
  frame[19] = static_cast<uint8_t>((frame[19] & ~kFlagsReserved) | kFlagEncrypted);
  store_u16(&frame[20], static_cast<uint16_t>(frame[20] % 4));
  store_u16(&frame[22], static_cast<uint16_t>(1 + frame[22] % 4));
  store_u32(&frame[24], static_cast<uint32_t>(frame.size() - kHeaderBytes));
  store_u32(&frame[28], 0);
  store_u32(&frame[28], crc32(0, Bytes(frame.data(), frame.size())));
}

// What was opened is a whole plain frame, and sealing it again gives back what came.
void check_opened(Cipher& cipher, const std::vector<uint8_t>& sealed, Bytes plain) {
  Header header = {};
  Bytes payload;
  must(open_frame(plain, header, payload) == Status::kOk);
  must((header.flags & kFlagEncrypted) == 0);
  must(plain.size() + kSealBytes == sealed.size());
  const Nonce nonce = read_nonce(&sealed[kHeaderBytes]);
  std::vector<uint8_t> again(sealed.size());
  size_t bytes = 0;
  must(encrypt_frame(cipher, nonce, plain, MutableBytes(again.data(), again.size()), bytes) == Status::kOk);
  must(bytes == sealed.size());
  must(equal_bytes(again.data(), sealed.data(), 28));
  must(equal_bytes(&again[kHeaderBytes], &sealed[kHeaderBytes], sealed.size() - kHeaderBytes - kTagBytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const bool mended = (data[0] & 1) == 0;
  const bool with_key = (data[0] & 2) == 0;
  OpenDoor cipher(with_key);
  FrameOpener opener(cipher, (data[0] & 4) == 0 ? Role::kEdge : Role::kDevice);
  uint32_t opened = 0;
  uint32_t seen = 0;
  size_t at = 1;
  while (size - at >= 2) {
    size_t length = load_u16(data + at) % 600u;
    at += 2;
    length = length < size - at ? length : size - at;
    std::vector<uint8_t> frame(data + at, data + at + length);
    at += length;
    if (mended) {
      mend(frame);
    }
    const std::vector<uint8_t> before = frame;
    size_t bytes = 0;
    ++seen;
    if (opener.open(MutableBytes(frame.data(), frame.size()), bytes) == Status::kOk) {
      ++opened;
      check_opened(cipher, before, Bytes(frame.data(), bytes));
      // Once, and never again.
      std::vector<uint8_t> again = before;
      must(opener.open(MutableBytes(again.data(), again.size()), bytes) == Status::kReplayed);
      ++seen;
    }
  }
  must(with_key || opened == 0);
  const OpenCounters& counted = opener.counters();
  must(counted.opened == opened);
  must(counted.opened + counted.plain + counted.damaged + counted.forged + counted.replayed + counted.old_life +
           counted.role + counted.any_life ==
       seen);
  return 0;
}
