#include "state_store.h"

#include "nvs_handle.h"

namespace cutpoint::esp32 {
namespace {

constexpr char kUpdateNamespace[] = "update";

}  // namespace

size_t load_state(const char* name_space, const char* key, MutableBytes to) {
  const NvsHandle nvs(kStatePartition, name_space, NVS_READONLY);
  size_t count = to.size();
  return nvs.open() && nvs_get_blob(nvs.get(), key, to.data(), &count) == ESP_OK ? count : 0;
}

bool store_state(const char* name_space, const char* key, Bytes bytes) {
  const NvsHandle nvs(kStatePartition, name_space, NVS_READWRITE);
  return nvs.open() && nvs_set_blob(nvs.get(), key, bytes.data(), bytes.size()) == ESP_OK &&
         nvs_commit(nvs.get()) == ESP_OK;
}

bool NvsProgress::load(device::UpdateProgress& progress) {
  uint8_t bytes[device::kProgressBytes] = {};
  const size_t count = load_state(kUpdateNamespace, device::update_kind_name(kind_), MutableBytes(bytes));
  return device::read_progress(Bytes(bytes, count), progress);
}

bool NvsProgress::store(const device::UpdateProgress& progress) {
  uint8_t bytes[device::kProgressBytes];
  device::write_progress(progress, bytes);
  return store_state(kUpdateNamespace, device::update_kind_name(kind_), Bytes(bytes));
}

}  // namespace cutpoint::esp32
