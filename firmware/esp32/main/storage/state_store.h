// What a board remembers by itself, in the NVS partition `state`: a new settings image leaves it alone.
#ifndef CUTPOINT_ESP32_STORAGE_STATE_STORE_H_
#define CUTPOINT_ESP32_STORAGE_STATE_STORE_H_

#include <stddef.h>

#include "core/span.h"
#include "device/update/receiver.h"

namespace cutpoint::esp32 {

constexpr char kStatePartition[] = "state";

// One blob. NVS replaces it as one: after a power cut there is the old or the new one, never a mixture.
// The bytes that were read, 0 when there is no such blob or it is longer than `to`.
size_t load_state(const char* name_space, const char* key, MutableBytes to);
bool store_state(const char* name_space, const char* key, Bytes bytes);

// How far an update has come, in the namespace `update`.
class NvsProgress final : public device::ProgressStore {
 public:
  explicit NvsProgress(device::UpdateKind kind) : kind_(kind) {}
  bool load(device::UpdateProgress& progress) override;
  bool store(const device::UpdateProgress& progress) override;

 private:
  device::UpdateKind kind_;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_STORAGE_STATE_STORE_H_
