// The beginning of an application image of ESP-IDF: esp_image_header_t, esp_image_segment_header_t (esp_app_format.h)
// and esp_app_desc_t (esp_app_desc.h), by their bytes.
#ifndef CUTPOINT_DEVICE_UPDATE_ESP_IMAGE_H_
#define CUTPOINT_DEVICE_UPDATE_ESP_IMAGE_H_

#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "../sentence.h"

namespace cutpoint::device {

constexpr char kAppProject[] = "cutpoint";  // esp_app_desc_t.project_name of every build of this firmware
constexpr size_t kAppHeaderBytes = 24;
constexpr size_t kAppSegmentBytes = 8;
constexpr size_t kAppHashAt = 23;  // 1: a SHA-256 is appended
constexpr size_t kAppHeadBytes = kAppHeaderBytes + kAppSegmentBytes + 112;  // as far as the project's name

// Magic 0xE9, 1 to 16 segments, the chip, and a description of this project. False with the sentence.
bool check_app_head(Bytes head, uint16_t chip, uint32_t size, Sentence& why);

// Name of an esp_chip_id_t number, "chip 7" style for others.
void add_chip_name(Sentence& sentence, uint16_t chip);

// What follows the last segment, which ends at `end`: padding so that the checksum is the last byte of 16, and the hash.
inline uint32_t app_tail_bytes(uint32_t end, bool hash) { return 16 - end % 16 + (hash ? 32u : 0u); }

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_UPDATE_ESP_IMAGE_H_
