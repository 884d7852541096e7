// A namespace of an NVS partition that is closed by itself.
#ifndef CUTPOINT_ESP32_STORAGE_NVS_HANDLE_H_
#define CUTPOINT_ESP32_STORAGE_NVS_HANDLE_H_

#include "nvs.h"

namespace cutpoint::esp32 {

class NvsHandle {
 public:
  NvsHandle(const char* partition, const char* name_space, nvs_open_mode_t mode)
      : result_(nvs_open_from_partition(partition, name_space, mode, &handle_)) {}
  ~NvsHandle() {
    if (result_ == ESP_OK) {
      nvs_close(handle_);
    }
  }
  NvsHandle(const NvsHandle&) = delete;
  NvsHandle& operator=(const NvsHandle&) = delete;

  bool open() const { return result_ == ESP_OK; }
  // Nothing was ever written there. A namespace comes into being with its first value.
  bool absent() const { return result_ == ESP_ERR_NVS_NOT_FOUND; }
  esp_err_t result() const { return result_; }
  nvs_handle_t get() const { return handle_; }

 private:
  nvs_handle_t handle_ = 0;
  esp_err_t result_;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_STORAGE_NVS_HANDLE_H_
