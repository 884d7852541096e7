#include "life_store.h"

#include "state_store.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kNamespace[] = "life";
constexpr char kKey[] = "record";

}  // namespace

bool load_life(device::LifeRecord& record) {
  uint8_t bytes[device::kLifeRecordBytes] = {};
  const size_t count = load_state(kNamespace, kKey, MutableBytes(bytes));
  return device::read_life(Bytes(bytes, count), record);
}

bool store_life(const device::LifeRecord& record) {
  uint8_t bytes[device::kLifeRecordBytes];
  device::write_life(record, bytes);
  return store_state(kNamespace, kKey, Bytes(bytes));
}

}  // namespace cutpoint::esp32
