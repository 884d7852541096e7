// The application's own update: the OTA partition that is not running, and the way back from a new application.
#ifndef CUTPOINT_ESP32_STORAGE_APP_UPDATE_H_
#define CUTPOINT_ESP32_STORAGE_APP_UPDATE_H_

#include "device/sentence.h"
#include "device/update/flash_area.h"
#include "device/update/image_rule.h"
#include "partition_area.h"
#include "sdkconfig.h"

namespace cutpoint::esp32 {

// Pieces are written straight to the partition rather than through esp_ota_write: an update goes on after a restart,
// which esp_ota_begin of ESP-IDF 5.1 cannot, and sectors are erased one by one instead of 1.5 MB at once, which would
// keep the broker waiting for seconds. esp_ota_set_boot_partition verifies the image as esp_ota_end would.
class AppUpdate {
 public:
  // False when the table has no second application partition: area() is then of no bytes.
  bool begin();

  device::FlashArea& area() { return area_; }
  device::AppImageRule& rule() { return rule_; }

  // The running application was started for the first time and has not been kept yet. Without
  // CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE never.
  bool on_trial() const { return on_trial_; }

  // The received image is to run after the next restart. False, with the sentence, when ESP-IDF does not take it.
  bool select_new(device::Sentence& why);
  // It reached the broker: keep it.
  bool keep();
  // It did not: restarts into the old one, and does not return unless there is none to return to.
  void roll_back();

  // An application that was started, never kept, and left: after such a restart the old one can say so.
  bool returned() const { return returned_; }

 private:
  void offer_area();

  PartitionArea area_;
  device::AppImageRule rule_{CONFIG_IDF_FIRMWARE_CHIP_ID};
  bool on_trial_ = false;
  bool returned_ = false;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_STORAGE_APP_UPDATE_H_
