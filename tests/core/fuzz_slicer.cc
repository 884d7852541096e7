// libFuzzer target: codec slicer both ways. Build with clang -fsanitize=fuzzer,address,undefined.
//
// The input is the block's numbers, brought into range, and then either a coded tensor to be undone, or elements to be
// coded into a room of the input's choice, undone again, and held against what a bound says of them.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "bytes.h"
#include "codec/slicer/slicer.h"

using namespace cutpoint;

namespace {

constexpr size_t kHeadBytes = 12;
constexpr uint16_t kMaxSide = 12;
constexpr uint16_t kMaxChannels = 40;

void must(bool held) {
  if (!held) {
    std::abort();
  }
}

SlicerSettings settings_of(const uint8_t* from) {
  uint8_t block[kSlicerBlockBytes] = {};
  store_u16(block, static_cast<uint16_t>(1 + from[0] % kMaxSide));
  store_u16(block + 2, static_cast<uint16_t>(1 + from[1] % kMaxSide));
  store_u16(block + 4, static_cast<uint16_t>(1 + from[2] % kMaxChannels));
  block[6] = 255;
  block[8] = static_cast<uint8_t>(1 + (from[3] & 1));
  block[7] = from[4];
  const uint32_t zero = block[8] == 1 ? from[4] ^ 0x80u : from[4];
  store_u16(block + 12, static_cast<uint16_t>(1 + load_u16(from + 5) % 2000));
  block[14] = static_cast<uint8_t>(from[7] % (zero + 1));
  block[15] = static_cast<uint8_t>(from[8] % (256 - zero));
  if ((block[14] | block[15]) == 0) {
    block[zero != 0 ? 14 : 15] = 1;
  }
  block[16] = from[9] % 4;
  block[17] = static_cast<uint8_t>(1 + from[10] % 255);
  SlicerSettings settings;
  must(read_slicer(Bytes(block), settings) == Status::kOk);
  return settings;
}

void check_element(const SlicerSettings& settings, uint8_t from, uint8_t to) {
  const int32_t zero = settings.zero;
  const int32_t before = (from ^ settings.order_bit) - zero;
  const int32_t after = (to ^ settings.order_bit) - zero;
  if (after == 0) {
    return;
  }
  must((before < 0) == (after < 0));
  must(before < 0 ? before <= -settings.floor_below && settings.floor_below != 0
                  : before >= settings.floor_above && settings.floor_above != 0);
  must(before - after < settings.widest && after - before < settings.widest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kHeadBytes) {
    return 0;
  }
  const SlicerSettings settings = settings_of(data);
  const uint8_t control = data[11];
  // Exactly the size on the heap, so that the sanitizer sees the first byte beyond it.
  std::vector<uint8_t> given(data + kHeadBytes, data + size);
  std::vector<uint8_t> elements(settings.elements());
  if ((control & 1) == 0) {
    decode_slicer(settings, Bytes(given.data(), given.size()), MutableBytes(elements.data(), elements.size()));
    return 0;
  }
  given.resize(settings.elements(), static_cast<uint8_t>(settings.zero ^ settings.order_bit));
  std::vector<uint8_t> out((control & 2) != 0 ? 16384 : control * 24u);
  const size_t count =
      encode_slicer(settings, Bytes(given.data(), given.size()), MutableBytes(out.data(), out.size()));
  must(count <= out.size() && count <= given.size());
  if (count == 0) {
    return 0;
  }
  const std::vector<uint8_t> coded(out.end() - static_cast<std::ptrdiff_t>(count), out.end());
  must(decode_slicer(settings, Bytes(coded.data(), coded.size()), MutableBytes(elements.data(), elements.size())) ==
       Status::kOk);
  size_t kept = 0;
  for (size_t i = 0; i < elements.size(); ++i) {
    check_element(settings, given[i], elements[i]);
    kept += elements[i] != (settings.zero ^ settings.order_bit) ? 1 : 0;
  }
  must(kept <= settings.keep);
  return 0;
}
