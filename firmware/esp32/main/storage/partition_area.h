// One flash partition as the area that an update is written to.
#ifndef CUTPOINT_ESP32_STORAGE_PARTITION_AREA_H_
#define CUTPOINT_ESP32_STORAGE_PARTITION_AREA_H_

#include "device/update/flash_area.h"
#include "esp_partition.h"

namespace cutpoint::esp32 {

// Writes and erases block for as long as the flash takes (an erase: about 50 ms a sector). With flash encryption the
// partition must not be marked as encrypted: pieces of an update come at any offset.
class PartitionArea final : public device::FlashArea {
 public:
  // Null: an area of no bytes.
  void set(const esp_partition_t* partition) { partition_ = partition; }
  const esp_partition_t* partition() const { return partition_; }

  uint32_t size() override;
  bool erase(uint32_t offset, uint32_t bytes) override;
  bool write(uint32_t offset, Bytes bytes) override;
  bool read(uint32_t offset, MutableBytes bytes) override;

 private:
  const esp_partition_t* partition_ = nullptr;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_STORAGE_PARTITION_AREA_H_
