#include "esp_image.h"

namespace cutpoint::device {
namespace {

constexpr uint8_t kImageMagic = 0xE9;
constexpr uint8_t kMostSegments = 16;
constexpr size_t kChipAt = 12;
constexpr size_t kDescriptionAt = kAppHeaderBytes + kAppSegmentBytes;  // the first segment begins with it
constexpr uint32_t kDescriptionMagic = 0xABCD5432;
constexpr size_t kProjectAt = kDescriptionAt + 48;  // behind magic, secure version, 8 reserved bytes, version[32]
constexpr size_t kProjectBytes = 32;

struct Chip {
  uint16_t id;  // esp_chip_id_t
  const char* name;
};

constexpr Chip kChips[] = {{0, "ESP32"},    {2, "ESP32-S2"},  {5, "ESP32-C3"},  {9, "ESP32-S3"},  {12, "ESP32-C2"},
                           {13, "ESP32-C6"}, {16, "ESP32-H2"}, {18, "ESP32-P4"}, {23, "ESP32-C5"}, {20, "ESP32-C61"}};

}  // namespace

void add_chip_name(Sentence& sentence, uint16_t chip) {
  for (const Chip& known : kChips) {
    if (known.id == chip) {
      sentence.add(known.name);
      return;
    }
  }
  sentence.add("chip ").add(static_cast<uint32_t>(chip));
}

bool check_app_head(Bytes head, uint16_t chip, uint32_t size, Sentence& why) {
  why.clear();
  if (head.size() < kAppHeadBytes || size < kAppHeadBytes) {
    why.add("an application image has more than ").add(size).add(" bytes; send the .bin that the build made");
    return false;
  }
  if (head[0] != kImageMagic || head[1] == 0 || head[1] > kMostSegments) {
    why.add("this is no application image of ESP-IDF, which begins with 0xE9; send the .bin that the build made");
    return false;
  }
  const uint16_t built_for = load_u16(head.data() + kChipAt);
  if (built_for != chip) {
    why.add("the application was built for the ");
    add_chip_name(why, built_for);
    why.add(", this chip is an ");
    add_chip_name(why, chip);
    return false;
  }
  const char* project = reinterpret_cast<const char*>(head.data() + kProjectAt);
  size_t length = 0;
  while (length < kProjectBytes && project[length] != '\0') {
    length += 1;
  }
  if (load_u32(head.data() + kDescriptionAt) != kDescriptionMagic ||
      !same_text(Text(project, length), text_of(kAppProject))) {
    why.add("the application is not this project's: its description does not name '").add(kAppProject).add("'");
    return false;
  }
  return true;
}

}  // namespace cutpoint::device
