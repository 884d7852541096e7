#include "partition_area.h"

namespace cutpoint::esp32 {

uint32_t PartitionArea::size() { return partition_ == nullptr ? 0 : partition_->size; }

// esp_partition_* refuses what lies outside the partition.
bool PartitionArea::erase(uint32_t offset, uint32_t bytes) {
  return partition_ != nullptr && esp_partition_erase_range(partition_, offset, bytes) == ESP_OK;
}

bool PartitionArea::write(uint32_t offset, Bytes bytes) {
  return partition_ != nullptr && esp_partition_write(partition_, offset, bytes.data(), bytes.size()) == ESP_OK;
}

bool PartitionArea::read(uint32_t offset, MutableBytes bytes) {
  return partition_ != nullptr && esp_partition_read(partition_, offset, bytes.data(), bytes.size()) == ESP_OK;
}

}  // namespace cutpoint::esp32
